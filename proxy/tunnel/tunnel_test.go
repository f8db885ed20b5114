package tunnel

import (
	"bufio"
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"io"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

const farGreeting = "SSH-2.0-far_1.0\r\n"

// echo greets and then repeats what it hears after the client's own greeting.
func echo(c net.Conn) {
	defer c.Close()
	greeted := make(chan struct{})
	go func() { // a pipe, unlike TCP, would wait for the reader
		defer close(greeted)
		io.WriteString(c, farGreeting)
	}()
	r := bufio.NewReader(c)
	r.ReadString('\n')
	<-greeted
	io.Copy(c, r)
}

func TestCarriesBothWays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newPipeListener()
		tun := &Tunnel{Dial: farSide(echo)}
		serve(t, tun, l)
		say, hear := connect(l)
		r := bufio.NewReader(hear)
		go io.WriteString(say, "SSH-2.0-client\r\nhello\n")
		for _, want := range []string{farGreeting, "hello\n"} {
			if got, err := r.ReadString('\n'); got != want {
				t.Fatalf("heard %q, %v, want %q", got, err, want)
			}
		}
		if n := tun.Connections(); n != 1 {
			t.Errorf("Connections() = %d, want 1", n)
		}
		say.Close()
		if rest, err := io.ReadAll(r); len(rest) > 0 || err != nil {
			t.Errorf("after the end heard %q, %v", rest, err)
		}
		synctest.Wait()
		if n := tun.Connections(); n != 0 {
			t.Errorf("Connections() = %d after the end, want 0", n)
		}
	})
}

// What is not SSH, or nothing at all, opens no tunnel: an open tunnel counts as
// activity and keeps an idle session from being reclaimed.
func TestOpensNoTunnelForStrangers(t *testing.T) {
	for name, said := range map[string]string{
		"http": "GET / HTTP/1.1\r\n\r\n", "tls": "\x16\x03\x01\x02", "wrong from the fourth byte": "SSHX", "nothing": "",
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var dials atomic.Int32
				l := newPipeListener()
				serve(t, &Tunnel{Dial: func(context.Context) (net.Conn, error) {
					dials.Add(1)
					return nil, errors.New("unwanted")
				}}, l)
				say, hear := connect(l)
				go io.WriteString(say, said)
				if heard, _ := io.ReadAll(hear); len(heard) > 0 {
					t.Errorf("heard %q, want nothing", heard)
				}
				say.Close()
				if dials.Load() != 0 {
					t.Error("a tunnel was opened")
				}
			})
		})
	}
}

func TestGreetsTheSilentFromMemory(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var dials atomic.Int32
		dial := farSide(echo)
		l := newPipeListener()
		serve(t, &Tunnel{
			Greeting: func() string { return strings.TrimSpace(farGreeting) },
			Dial: func(ctx context.Context) (net.Conn, error) {
				dials.Add(1)
				return dial(ctx)
			},
		}, l)
		say, hear := connect(l)
		r := bufio.NewReader(hear)
		if got, err := r.ReadString('\n'); got != farGreeting || dials.Load() != 0 {
			t.Fatalf("heard %q, %v after %d dials, want the greeting and none", got, err, dials.Load())
		}
		go io.WriteString(say, "SSH-2.0-client\r\nhello\n")
		if got, err := r.ReadString('\n'); got != "hello\n" {
			t.Fatalf("heard %q, %v, want the echo, and no second greeting", got, err)
		}
		say.Close()
	})
}

// While those before it get in, a client hears the greeting in time, waits, and is served.
func TestWaitsForThoseBefore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dial := farSide(echo)
		l := newPipeListener()
		serve(t, &Tunnel{
			Greeting: func() string { return strings.TrimSpace(farGreeting) },
			Dial: func(ctx context.Context) (net.Conn, error) {
				waitForOthers(ctx, 14)
				return dial(ctx)
			},
		}, l)
		came := time.Now()
		say, hear := connect(l)
		r := bufio.NewReader(hear)
		go io.WriteString(say, "SSH-2.0-client\r\nhello\n")
		got, err := r.ReadString('\n')
		if took := time.Since(came); got != farGreeting || took > 4*time.Second {
			t.Fatalf("heard %q, %v after %s, want the greeting in time", got, err, took)
		}
		if got, err := r.ReadString('\n'); got != "hello\n" {
			t.Fatalf("heard %q, %v, want the echo, and no second greeting", got, err)
		}
		say.Close()
	})
}

// A dial that takes long, and one that is lost: with either, the client is served as soon
// as may be, and what comes too late is closed.
func TestDialsBesideASlowDial(t *testing.T) {
	const late = slowTry + 3*time.Second
	tests := map[string]struct {
		first, second, served time.Duration
	}{
		"the first comes first": {late, time.Minute, late},
		"the first is lost":     {time.Minute, time.Second, slowTry + time.Second},
		"both come":             {late, late - slowTry - time.Second, late - time.Second},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				took := []time.Duration{tt.first, tt.second}
				var dials, open atomic.Int32
				dial := farSide(func(c net.Conn) { open.Add(1); echo(c); open.Add(-1) })
				l := newPipeListener()
				serve(t, &Tunnel{Dial: func(ctx context.Context) (net.Conn, error) {
					time.Sleep(min(took[dials.Add(1)-1], holdTime))
					return dial(ctx) // also for who does not wait any more
				}}, l)
				came := time.Now()
				say, hear := connect(l)
				r := bufio.NewReader(hear)
				go io.WriteString(say, "SSH-2.0-client\r\n")
				if got, err := r.ReadString('\n'); got != farGreeting {
					t.Fatalf("heard %q, %v", got, err)
				}
				if d := time.Since(came); d != tt.served {
					t.Errorf("served after %s, want %s", d, tt.served)
				}
				time.Sleep(2 * time.Minute)
				if open.Load() != 1 || dials.Load() != 2 {
					t.Errorf("%d of %d connections are open, want one of two", open.Load(), dials.Load())
				}
				say.Close()
				io.Copy(io.Discard, r)
			})
		})
	}
}

// waitForOthers waits until so many have got in.
func waitForOthers(ctx context.Context, others int) {
	for range others {
		if pause(ctx, 4*time.Second) {
			Extend(ctx)
		}
	}
}

// Nobody waits for more than a minute.
func TestWaitsForAMinuteAtMost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newPipeListener()
		serve(t, &Tunnel{Dial: func(ctx context.Context) (net.Conn, error) {
			waitForOthers(ctx, 100)
			return nil, ctx.Err()
		}}, l)
		came := time.Now()
		say, hear := connect(l)
		go io.WriteString(say, "SSH-2.0-client\r\n")
		if got := sentence(t, hear); got != ErrSilent.Error() {
			t.Errorf("heard %q", got)
		}
		if took := time.Since(came); took != maxHold {
			t.Errorf("after %s", took)
		}
		say.Close()
	})
}

func TestToldAnotherServerAfterGreeting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newPipeListener()
		serve(t, &Tunnel{Greeting: func() string { return "SSH-2.0-old" }, Dial: farSide(echo)}, l)
		say, hear := connect(l)
		r := bufio.NewReader(hear)
		r.ReadString('\n')
		go io.WriteString(say, "SSH-2.0-client\r\n")
		if got := packetSentence(t, r); got != ErrAnother.Error() {
			t.Errorf("told %q, want %q", got, ErrAnother)
		}
		say.Close()
	})
}

func TestRefusalIsSaidInSSH(t *testing.T) {
	never := func(c net.Conn) { io.Copy(io.Discard, c) }
	tests := map[string]struct {
		dial func(context.Context) (net.Conn, error)
		want string
		by   time.Duration
	}{
		"dial failed":   {func(context.Context) (net.Conn, error) { return nil, errors.New("session x\nhas ended") }, "session x has ended", time.Second},
		"dial hangs":    {func(ctx context.Context) (net.Conn, error) { <-ctx.Done(); return nil, ctx.Err() }, ErrSilent.Error(), holdTime},
		"far is silent": {farSide(never), ErrSilent.Error(), holdTime},
		"far hangs up":  {farSide(func(c net.Conn) { c.Close() }), ErrHungUp.Error(), time.Second},
		"far is a web":  {farSide(func(c net.Conn) { go io.Copy(io.Discard, c); io.WriteString(c, "<html>"); c.Close() }), ErrNotSSH.Error(), time.Second},
		"far never ends its line": {farSide(func(c net.Conn) {
			defer c.Close()
			go io.Copy(io.Discard, c)
			io.WriteString(c, "SSH-"+strings.Repeat("x", 400))
		}), ErrNotSSH.Error(), time.Second},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := newPipeListener()
				serve(t, &Tunnel{Dial: tt.dial}, l)
				start := time.Now()
				say, hear := connect(l)
				go io.WriteString(say, "SSH-2.0-client\r\n")
				got := sentence(t, hear)
				if got != tt.want {
					t.Errorf("told %q, want %q", got, tt.want)
				}
				if d := time.Since(start); d > tt.by {
					t.Errorf("told after %s, want within %s", d, tt.by)
				}
				say.Close()
			})
		})
	}
}

func TestDialsAgainWhenToldSo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dials := 0
		dial := farSide(echo)
		l := newPipeListener()
		serve(t, &Tunnel{
			Again: func(error) bool { return true },
			Dial: func(ctx context.Context) (net.Conn, error) {
				if dials++; dials < maxTries {
					return nil, errors.New("not yet")
				}
				return dial(ctx)
			},
		}, l)
		say, hear := connect(l)
		go io.WriteString(say, "SSH-2.0-client\r\n")
		if got, err := bufio.NewReader(hear).ReadString('\n'); got != farGreeting {
			t.Errorf("heard %q, %v, want the far side", got, err)
		}
		say.Close()
	})
}

func TestHeldClientThatLeavesEndsTheDial(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ended := make(chan struct{})
		l := newPipeListener()
		serve(t, &Tunnel{Dial: func(ctx context.Context) (net.Conn, error) {
			<-ctx.Done()
			close(ended)
			return nil, ctx.Err()
		}}, l)
		say, hear := connect(l)
		io.WriteString(say, "SSH-2.0-client\r\n")
		start := time.Now()
		say.Close()
		<-ended
		if d := time.Since(start); d > 0 {
			t.Errorf("the dial went on for %s", d)
		}
		io.ReadAll(hear)
	})
}

func TestDropTellsTheHeld(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newPipeListener()
		tun := &Tunnel{Dial: func(ctx context.Context) (net.Conn, error) { <-ctx.Done(); return nil, ctx.Err() }}
		serve(t, tun, l)
		say, hear := connect(l)
		io.WriteString(say, "SSH-2.0-client\r\n")
		synctest.Wait()
		tun.Drop(errors.New("restarted"))
		if got := sentence(t, hear); got != "restarted" {
			t.Errorf("told %q, want %q", got, "restarted")
		}
		say.Close()
	})
}

func TestDropEndsTheConnected(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newPipeListener()
		tun := &Tunnel{Dial: farSide(echo)}
		serve(t, tun, l)
		say, hear := connect(l)
		r := bufio.NewReader(hear)
		go io.WriteString(say, "SSH-2.0-client\r\n")
		r.ReadString('\n')
		tun.Drop(errors.New("ended"))
		if rest, err := io.ReadAll(r); err != nil || len(rest) > 0 {
			t.Errorf("heard %q, %v, want the plain end", rest, err)
		}
		say.Close()
	})
}

// Who is on the way to a far side that is another one now gets to that one, whether the
// first still dials or has been reached already; who has arrived is ended.
func TestMoveLeadsTheHeldOn(t *testing.T) {
	for _, reached := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			l := newPipeListener()
			tun := &Tunnel{}
			dials := 0
			tun.Dial = func(ctx context.Context) (net.Conn, error) {
				if dials++; dials > 1 {
					return farSide(echo)(ctx)
				}
				if !reached {
					<-ctx.Done()
					return nil, ctx.Err()
				}
				return farSide(func(c net.Conn) { time.Sleep(time.Second); echo(c) })(ctx)
			}
			serve(t, tun, l)
			say, hear := connect(l)
			r := bufio.NewReader(hear)
			go io.WriteString(say, "SSH-2.0-client\r\n")
			synctest.Wait()
			if n := tun.Move(); n != 0 {
				t.Errorf("%d were ended, and none had arrived", n)
			}
			if got, _ := r.ReadString('\n'); got != farGreeting || dials != 2 {
				t.Errorf("reached=%v: heard %q after %d dials", reached, got, dials)
			}
			synctest.Wait()
			if n := tun.Move(); n != 1 {
				t.Errorf("%d were ended, want the one that had arrived", n)
			}
			io.ReadAll(r)
			say.Close()
		})
	}
}

// pinged counts the pings it gets.
type pinged struct {
	net.Conn
	pings *atomic.Int32
}

func (p pinged) Ping(context.Context) error { p.pings.Add(1); return nil }

// Who logs out, whose far side's end may come first, and who is led elsewhere in the same
// moment has not been ended by the far side. Who stays has.
func TestTheFarSidesEndIsToldOnce(t *testing.T) {
	for name, end := range map[string]struct {
		by     func(say io.Closer, tun *Tunnel) (counted int) // besides the far side
		farEnd int32
	}{
		"logs out": {func(say io.Closer, _ *Tunnel) int { say.Close(); return 0 }, 0},
		"moved":    {func(_ io.Closer, tun *Tunnel) int { return tun.Move() - 1 }, 0},
		"dropped":  {func(_ io.Closer, tun *Tunnel) int { return tun.Drop(errors.New("ended")) - 1 }, 0},
		"stays":    {func(io.Closer, *Tunnel) int { return 0 }, 1},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var ended atomic.Int32
				hangUp := make(chan struct{})
				l := newPipeListener()
				tun := &Tunnel{FarEnded: func() { ended.Add(1) }, Dial: farSide(func(c net.Conn) {
					go echo(c)
					<-hangUp
					c.Close()
				})}
				serve(t, tun, l)
				say, hear := connect(l)
				r := bufio.NewReader(hear)
				go io.WriteString(say, "SSH-2.0-client\r\n")
				r.ReadString('\n')
				time.Sleep(2 * loginTime)
				close(hangUp)
				synctest.Wait()
				if off := end.by(say, tun); off != 0 {
					t.Errorf("it was counted %d times too often", off)
				}
				io.Copy(io.Discard, r)
				if ended.Load() != end.farEnd {
					t.Errorf("%d ended by the far side, want %d", ended.Load(), end.farEnd)
				}
				if again := tun.Move(); again != 0 {
					t.Errorf("%d are counted once more", again)
				}
				say.Close()
			})
		})
	}
}

// A slowConn takes its time to close.
type slowConn struct{ net.Conn }

func (c slowConn) Close() error {
	<-time.After(time.Second)
	return c.Conn.Close()
}

// Who has left is not ended by a move, though the far side is still being told.
func TestMoveEndsNobodyWhoHasLeft(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dial := farSide(echo)
		l := newPipeListener()
		tun := &Tunnel{Dial: func(ctx context.Context) (net.Conn, error) {
			far, err := dial(ctx)
			return slowConn{far}, err
		}}
		serve(t, tun, l)
		say, hear := connect(l)
		r := bufio.NewReader(hear)
		go io.WriteString(say, "SSH-2.0-client\r\n")
		r.ReadString('\n')
		say.Close()
		synctest.Wait()
		if n := tun.Connections(); n != 1 {
			t.Errorf("%d connections, want the one that is ending", n)
		}
		if n := tun.Move(); n != 0 {
			t.Errorf("%d were ended", n)
		}
	})
}

func TestPingsWhileConnected(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var pings atomic.Int32
		dial := farSide(echo)
		l := newPipeListener()
		serve(t, &Tunnel{Dial: func(ctx context.Context) (net.Conn, error) {
			c, err := dial(ctx)
			return pinged{c, &pings}, err
		}}, l)
		say, hear := connect(l)
		go io.WriteString(say, "SSH-2.0-client\r\n")
		bufio.NewReader(hear).ReadString('\n')
		<-time.After(4*pingPeriod + time.Second) // of the bubble's time
		if got := pings.Load(); got != 4 {
			t.Errorf("%d pings in four periods, want 4", got)
		}
		say.Close()
		<-time.After(2 * pingPeriod)
		if got := pings.Load(); got != 4 {
			t.Errorf("%d pings after the end, want no more", got-4)
		}
	})
}

// A client that reads nothing must stop the far side, not fill our memory.
func TestBackPressure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var sent atomic.Int64
		l := newPipeListener()
		serve(t, &Tunnel{Dial: farSide(func(c net.Conn) {
			defer c.Close()
			go io.Copy(io.Discard, c)
			io.WriteString(c, farGreeting)
			block := make([]byte, 16<<10)
			for {
				n, err := c.Write(block)
				sent.Add(int64(n))
				if err != nil {
					return
				}
			}
		})}, l)
		say, hear := connect(l)
		go io.WriteString(say, "SSH-2.0-client\r\n")
		bufio.NewReaderSize(hear, 16).ReadString('\n')
		synctest.Wait()
		if got := sent.Load(); got > 2*largeBuffer {
			t.Errorf("the far side could send %d bytes that nobody read", got)
		}
		say.Close()
		hear.Close()
	})
}

func TestBulkOverRealSockets(t *testing.T) {
	ln, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	far, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer far.Close()
	go func() {
		if c, err := far.Accept(); err == nil {
			echo(c)
		}
	}()
	serve(t, &Tunnel{Dial: func(ctx context.Context) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, "tcp4", far.Addr().String())
	}}, ln)
	c, err := net.Dial("tcp4", ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	data := make([]byte, 8<<20)
	rand.Read(data)
	go func() {
		io.WriteString(c, "SSH-2.0-client\r\n")
		c.Write(data)
	}()
	got := make([]byte, len(farGreeting)+len(data))
	if _, err := io.ReadFull(c, got); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got[len(farGreeting):], data) {
		t.Error("the bytes that came back differ")
	}
}
