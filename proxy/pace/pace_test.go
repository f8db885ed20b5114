package pace

import (
	"context"
	"errors"
	"net"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// A fake is a client that keeps what it gets until it is told to pass it on. It passes
// on as much as it was told that it gets, and a little is lost for what ssh adds.
type fake struct {
	net.Conn
	got     atomic.Int64
	passes  atomic.Int64 // in all
	isEmpty atomic.Bool
	gone    atomic.Bool
	looks   atomic.Int64
	sent    atomic.Int64 // by the server, and taken over from it
}

func (f *fake) Write(p []byte) (int, error) { f.got.Add(int64(len(p))); return len(p), nil }

func (f *fake) passed() (int64, error) {
	f.looks.Add(1)
	if f.gone.Load() {
		return 0, errors.New("gone")
	}
	return f.passes.Load(), nil
}
func (f *fake) empty() (bool, error) { return f.isEmpty.Load(), nil }
func (f *fake) close()               {}

// A flood is a server that sends without end to a fake client.
type flood struct {
	*testing.T
	*fake
}

const shipped = "SSH-2.0-dropbear_2020.81"

// play has f look at a flood in a bubble.
func play(t *testing.T, server, compression string, f func(*flood)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		client := &fake{}
		w := New(ctx, client, server)
		w.watch = func(net.Conn) (process, error) { return client, nil }
		w.Hear(greeting("SSH-2.0-OpenSSH_9.2p1", compression))
		defer synctest.Wait()
		defer cancel()
		stop := make(chan struct{})
		defer close(stop)
		go func() {
			for {
				select {
				case <-stop:
					return
				case <-time.After(time.Millisecond):
					n, _ := w.Write(make([]byte, 64<<10))
					client.sent.Add(int64(n))
				}
			}
		}()
		f(&flood{t, client})
	})
}

// after lets some time pass, and returns what the client has got by then.
func (f *flood) after(d time.Duration) int64 {
	<-time.After(d)
	synctest.Wait()
	return f.got.Load()
}

func TestAClientGetsNoMoreThanItMayHold(t *testing.T) {
	play(t, shipped, "none", func(f *flood) {
		if got := f.after(time.Second); got > limit || got < limit-enough {
			t.Errorf("it has got %d bytes", got)
		}
		f.passes.Add(10 << 20)
		f.after(time.Second) // nobody passes on what it has not got: the sum begins anew
		before := f.got.Load()
		f.passes.Add(100_000)
		if more := f.after(time.Second) - before; more > 100_000+enough || more < 100_000-enough {
			t.Errorf("it has passed on 100000 bytes, and got %d more", more)
		}
	})
}

// What ssh adds to each packet is not passed on, and counts as held until the client is
// seen to hold nothing.
func TestAClientThatHoldsNothingIsNotHeldBack(t *testing.T) {
	play(t, shipped, "none", func(f *flood) {
		f.isEmpty.Store(true)
		if got := f.after(time.Second); got < 30<<20 {
			t.Errorf("within a second it has got no more than %d bytes", got)
		}
	})
}

// A client whose reader sleeps hears of the server. That is read on meanwhile, a little,
// and all of it comes when the reader wakes up.
func TestAClientThatRestsGetsAPieceNowAndThen(t *testing.T) {
	play(t, shipped, "none", func(f *flood) {
		before := f.after(time.Second)
		sent := f.sent.Load()
		for range 3 {
			f.after(restPause / 2)
			f.passes.Add(-36) // it speaks to us, and that was counted as ours first
			f.after(100 * time.Millisecond)
			f.passes.Add(36)
			now := f.after(restPause/2 + time.Second)
			if more := now - before; more < piece || more > 2*piece {
				t.Errorf("in %s it got %d bytes", restPause, more)
			}
			before = now
		}
		if more := f.sent.Load() - sent; more < 15<<20 || more > 21<<20 {
			t.Errorf("in %s %d bytes were read of the server", 3*restPause, more)
		}
		if got := f.after(30 * time.Minute); got > ceiling {
			t.Errorf("after half an hour it has got %d bytes", got)
		}
		if kept := f.sent.Load() - f.got.Load(); kept > mostKept || kept < mostKept/2 {
			t.Errorf("%d bytes are kept", kept)
		}
		f.isEmpty.Store(true)
		if f.after(time.Second); f.sent.Load()-f.got.Load() > 1<<20 {
			t.Errorf("it has got %d bytes of %d", f.got.Load(), f.sent.Load())
		}
	})
}

func TestNobodyIsHeldBackInVain(t *testing.T) {
	for name, server := range map[string]string{"an OpenSSH server": "SSH-2.0-OpenSSH_9.2p1", "one that is not known": ""} {
		t.Run(name, func(t *testing.T) {
			play(t, server, "none", func(f *flood) {
				if got := f.after(time.Second); got < 30<<20 || f.looks.Load() > 0 {
					t.Errorf("it has got %d bytes, after %d looks", got, f.looks.Load())
				}
			})
		})
	}
	t.Run("compressed", func(t *testing.T) {
		play(t, shipped, "zlib@openssh.com,none", func(f *flood) {
			if got := f.after(time.Second); got < 30<<20 || f.looks.Load() > 0 {
				t.Errorf("it has got %d bytes, after %d looks", got, f.looks.Load())
			}
		})
	})
	t.Run("gone", func(t *testing.T) {
		play(t, shipped, "none", func(f *flood) {
			f.after(time.Second)
			f.gone.Store(true)
			if got := f.after(time.Second); got < 30<<20 {
				t.Errorf("it has got %d bytes", got)
			}
		})
	})
}

// A shell costs no look, whatever is typed in it.
func TestALittleIsNotWatched(t *testing.T) {
	client := &fake{}
	w := New(t.Context(), client, shipped)
	w.watch = func(net.Conn) (process, error) { t.Error("it is looked for"); return client, nil }
	w.Hear(greeting("SSH-2.0-OpenSSH_9.2p1", "none"))
	for range unwatched / 64 {
		w.Write(make([]byte, 64))
	}
}

// The end of the connection frees whoever waits for the client.
func TestTheEndFreesTheWriter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		client := &fake{}
		w := New(ctx, client, shipped)
		w.watch = func(net.Conn) (process, error) { return client, nil }
		w.Hear(greeting("SSH-2.0-OpenSSH_9.2p1", "none"))
		done := make(chan struct{})
		go func() {
			defer close(done)
			w.Write(make([]byte, 1<<20))
		}()
		synctest.Wait()
		time.Sleep(time.Second)
		cancel()
		<-done
	})
}
