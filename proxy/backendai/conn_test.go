package backendai

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// piped returns a tunnel and its server's end, which buffer nothing.
func piped(t *testing.T) (c *Conn, server net.Conn) {
	near, server := net.Pipe()
	c = newConn(near, near)
	t.Cleanup(func() {
		server.Close()
		c.Close()
	})
	return c, server
}

// expect reads one frame of the client's.
func expect(t *testing.T, server net.Conn, want string) {
	t.Helper()
	op, payload, err := readClientFrame(server)
	if got := frameName(op, payload); err != nil || got != want {
		t.Fatalf("the client sent %.40q, %v, want %.40q", got, err, want)
	}
}

func took(t *testing.T, want time.Duration, f func()) {
	t.Helper()
	begin := time.Now()
	f()
	if got := time.Since(begin); got != want {
		t.Errorf("took %v, want %v", got, want)
	}
}

func TestServerThatTakesNothingIsDead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, _ := piped(t)
		took(t, takeTimeout, func() {
			if n, err := c.Write([]byte("anybody there?")); n != 0 || err != io.EOF {
				t.Errorf("Write = %d, %v, want 0, EOF", n, err)
			}
		})
		took(t, 0, func() { c.Close() })
	})
}

// One that is there has more time, but not for ever; and it may go meanwhile.
func TestServerThatIsThereHasTime(t *testing.T) {
	for leaves, want := range map[time.Duration]time.Duration{time.Hour: takeLimit, 90 * time.Second: 2 * takeTimeout} {
		synctest.Test(t, func(t *testing.T) {
			c, _ := piped(t)
			began := time.Now()
			c.out.alarm.isThere = func() bool { return time.Since(began) < leaves }
			took(t, want, func() {
				if n, err := c.Write([]byte("anybody there?")); n != 0 || err != io.EOF {
					t.Errorf("Write = %d, %v, want 0, EOF", n, err)
				}
			})
		})
	}
}

func TestSilentServerIsNotWaitedForLong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, server := piped(t)
		go io.Copy(io.Discard, server) // ends with the pipe
		took(t, goodbyeTimeout, func() { c.Close() })
		took(t, 0, func() { c.Close() })
		if _, err := c.Read(make([]byte, 1)); err != io.EOF {
			t.Errorf("Read = %v, want EOF", err)
		}
		if _, err := c.Write([]byte("x")); err != io.EOF {
			t.Errorf("Write = %v, want EOF", err)
		}
	})
}

func TestAnsweredCloseIsQuick(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, server := piped(t)
		go func() { // ends with the frames it is to read and write
			expect(t, server, "close 1000")
			io.WriteString(server, hi+goodbyeFrame(closeNormal))
		}()
		took(t, 0, func() { c.Close() })
	})
}

// Everybody is waiting when Close comes, and the server does nothing at all.
func TestCloseEndsEveryWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, _ := piped(t)
		var wg sync.WaitGroup
		wg.Go(func() {
			if _, err := c.Read(make([]byte, 1)); err != io.EOF {
				t.Errorf("Read = %v, want EOF", err)
			}
		})
		wg.Go(func() {
			if _, err := c.Write([]byte(long)); err != io.EOF {
				t.Errorf("Write = %v, want EOF", err)
			}
		})
		wg.Go(func() {
			if err := c.Ping(t.Context()); err != io.EOF {
				t.Errorf("Ping = %v, want EOF", err)
			}
		})
		synctest.Wait()
		took(t, goodbyeTimeout, func() {
			c.Close()
			wg.Wait()
		})
	})
}

func TestCloseDoesNotWaitForTheClient(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, server := piped(t)
		client, stuck := net.Pipe()
		var wg sync.WaitGroup
		wg.Go(func() { c.WriteTo(struct{ io.Writer }{stuck}) })
		io.WriteString(server, hi)
		go io.Copy(io.Discard, server) // ends with the pipe
		synctest.Wait()
		took(t, goodbyeTimeout, func() { c.Close() })
		client.Close()
		wg.Wait()
	})
}

// A reader must not wait for the writer: both sides would wait for each other.
func TestPingIsAnsweredAfterTheMessageBeingSent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, server := piped(t)
		var wg sync.WaitGroup
		wg.Go(func() { c.Write([]byte("slowly")) })
		wg.Go(func() {
			buf := make([]byte, 10)
			if n, err := c.Read(buf); string(buf[:n]) != "hi" || err != nil {
				t.Errorf("Read = %q, %v, want hi", buf[:n], err)
			}
		})
		synctest.Wait()
		io.WriteString(server, whole(opPing, "first")+whole(opPing, "second")+hi)
		synctest.Wait()
		expect(t, server, "2 slowly")
		expect(t, server, "pong second")
		wg.Wait()
	})
}

func TestPingWaitsForItsOwnPong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, server := piped(t)
		go c.WriteTo(io.Discard) // ends with the pipe
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		var wg sync.WaitGroup
		wg.Go(func() {
			if err := c.Ping(ctx); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("Ping = %v, want the context's end", err)
			}
		})
		_, first, _ := readClientFrame(server)
		wg.Wait()
		wg.Go(func() {
			took(t, time.Second, func() {
				if err := c.Ping(t.Context()); err != nil {
					t.Errorf("Ping = %v", err)
				}
			})
		})
		_, second, _ := readClientFrame(server)
		io.WriteString(server, whole(opPong, string(first))+whole(opPong, "not ours"))
		time.Sleep(time.Second)
		io.WriteString(server, whole(opPong, string(second)))
		wg.Wait()
	})
}

func TestReadGoesOnAfterADeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, server := piped(t)
		said := "\x02\x01h" + whole(opPong, "x") + whole(opContinuation, "i"+long[:300]) + goodbyeFrame(closeNormal)
		var got bytes.Buffer
		go func() { // ends when all is said
			for _, b := range []byte(said) {
				server.Write([]byte{b})
				time.Sleep(2 * time.Second)
			}
			readClientFrame(server)
		}()
		for buf := make([]byte, 100); ; {
			c.SetReadDeadline(time.Now().Add(time.Second))
			n, err := c.Read(buf)
			got.Write(buf[:n])
			if err != nil && !errors.Is(err, os.ErrDeadlineExceeded) {
				break
			}
		}
		if want := "hi" + long[:300]; got.String() != want {
			t.Errorf("read %q, want %q", got.String(), want)
		}
	})
}

func TestRefusalIsToldToTheWriterToo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, server := piped(t)
		go func() { // ends with the answer
			io.WriteString(server, goodbyeFrame(closeRefused))
			expect(t, server, "close 1013")
		}()
		if _, err := c.Read(make([]byte, 1)); KindOf(err) != Refused {
			t.Errorf("Read = %v, want refused", err)
		}
		if _, err := c.Write([]byte("x")); KindOf(err) != Refused {
			t.Errorf("Write = %v, want refused", err)
		}
	})
}

// What has come is passed on, however much of its message is still to come.
func TestNothingIsHeldBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, server := piped(t)
		var got bytes.Buffer
		go c.WriteTo(&got) // ends with the pipe
		sent := 0
		for _, piece := range []string{whole(opBinary, long)[:2000], long[:10], long[:4096], "x"} {
			io.WriteString(server, piece)
			sent += len(piece)
			synctest.Wait()
			if got.Len() != sent-10 { // the header
				t.Errorf("%d bytes passed on, want %d", got.Len(), sent-10)
			}
		}
	})
}
