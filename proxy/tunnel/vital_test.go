package tunnel

import (
	"bufio"
	"context"
	"io"
	"net"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// A path is a far side whose pings are answered, or not.
type path struct {
	net.Conn
	answers *atomic.Bool
}

func (p path) Ping(ctx context.Context) error {
	if p.answers.Load() {
		return nil
	}
	<-ctx.Done()
	return ctx.Err()
}

const clientGreeting = "SSH-2.0-client\r\n"

// A patient is a connection on which time is played with.
type patient struct {
	answers atomic.Bool
	died    atomic.Bool
	far     net.Conn // what the far side's program holds
	say     io.WriteCloser
	hear    *bufio.Reader
	close   func()
	tunnel  *Tunnel
}

// newPatient connects, in a bubble. The far side reads nothing by itself after the
// client's greeting.
func newPatient(t *testing.T) *patient {
	t.Helper()
	p := &patient{}
	p.answers.Store(true)
	held := make(chan net.Conn, 1)
	dial := farSide(func(c net.Conn) {
		greeted := make(chan struct{})
		go func() { defer close(greeted); io.WriteString(c, farGreeting) }()
		io.ReadFull(c, make([]byte, len(clientGreeting)))
		<-greeted
		held <- c
	})
	l := newPipeListener()
	p.tunnel = &Tunnel{
		Dial: func(ctx context.Context) (net.Conn, error) {
			c, err := dial(ctx)
			return path{c, &p.answers}, err
		},
		Died: func() { p.died.Store(true) },
	}
	serve(t, p.tunnel, l)
	say, hear := connect(l)
	p.say, p.hear = say, bufio.NewReaderSize(hear, 16)
	p.close = func() { say.Close(); hear.Close(); p.far.Close() }
	go io.WriteString(say, clientGreeting)
	if line, err := p.hear.ReadString('\n'); line != farGreeting {
		t.Fatalf("heard %q, %v", line, err)
	}
	p.far = <-held
	return p
}

// beatBytes is as small as a keep-alive.
var beatBytes = make([]byte, 36)

// beat is a keep-alive of the far side's, and the client's answer.
func (p *patient) beat(t *testing.T) {
	t.Helper()
	for _, way := range []struct {
		w io.Writer
		r io.Reader
	}{{p.far, p.hear}, {p.say, p.far}} {
		go way.w.Write(beatBytes)
		if _, err := io.ReadFull(way.r, make([]byte, len(beatBytes))); err != nil {
			t.Fatal(err)
		}
	}
}

// beats is a habit.
func (p *patient) beats(t *testing.T, n int, pause time.Duration) {
	t.Helper()
	for range n {
		<-time.After(pause)
		p.beat(t)
	}
}

// livesFor lets time pass, with somebody at the client's end who reads.
func (p *patient) livesFor(d time.Duration) bool {
	ended := make(chan error, 1)
	go func() { _, err := io.ReadFull(p.hear, make([]byte, 1)); ended <- err }()
	select {
	case <-ended:
		return false
	case <-time.After(d):
	}
	go p.far.Write([]byte("x")) // what the reader waits for
	return <-ended == nil
}

func TestQuietIsNotDead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPatient(t)
		defer p.close()
		if !p.livesFor(24*time.Hour) || p.died.Load() {
			t.Error("a day of silence, with every ping answered, ended the connection")
		}
	})
}

// The network is gone, or the machine behind it: nothing is answered.
func TestNobodyAnswers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPatient(t)
		defer p.close()
		p.livesFor(10 * time.Minute)
		p.answers.Store(false)
		if p.livesFor(2*deadTime) || !p.died.Load() {
			t.Error("after two minutes without an answer the connection is still there")
		}
	})
}

// A pong that is lost now and then proves nothing.
func TestALateAnswerIsOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPatient(t)
		defer p.close()
		for range 20 {
			p.answers.Store(false)
			if !p.livesFor(30 * time.Second) {
				t.Fatal("thirty seconds without an answer ended the connection")
			}
			p.answers.Store(true)
			p.livesFor(50 * time.Second)
		}
	})
}

// A web server goes on to answer although the way to the session has ended: Dropbear,
// which speaks each 15 s, is missed.
func TestAHabitThatEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPatient(t)
		defer p.close()
		p.beats(t, 4, 15*time.Second)
		if p.livesFor(2*deadTime) || !p.died.Load() {
			t.Error("two minutes without a keep-alive, and the connection is still there")
		}
	})
}

// With ClientAliveInterval 120, a minute of silence is nothing.
func TestASlowHabit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPatient(t)
		defer p.close()
		p.beats(t, 20, 2*time.Minute)
		if !p.livesFor(3 * time.Minute) {
			t.Error("it was given up too early")
		}
	})
}

// A program prints a line each 15 s, and ends: that was no habit of the server's,
// since the client said nothing to it.
func TestAProgramThatPrintsIsNoHabit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPatient(t)
		defer p.close()
		for range 10 {
			<-time.After(15 * time.Second)
			go p.far.Write(beatBytes)
			io.ReadFull(p.hear, make([]byte, len(beatBytes)))
		}
		if !p.livesFor(time.Hour) {
			t.Error("silence after a program's end ended the connection")
		}
	})
}

// Ctrl-Z: for an hour the client takes nothing of a flood, so that no keep-alive and no
// pong is read.
func TestAStoppedClientIsNotDead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPatient(t)
		defer p.close()
		p.beats(t, 4, 15*time.Second)
		flood := make([]byte, 1<<20)
		sent := make(chan error, 1)
		go func() { _, err := p.far.Write(flood); sent <- err }()
		p.answers.Store(false)
		<-time.After(time.Hour)
		if p.died.Load() {
			t.Fatal("a stopped client was taken for a dead far side")
		}
		p.answers.Store(true)
		if _, err := io.ReadFull(p.hear, flood); err != nil || <-sent != nil {
			t.Errorf("after the hour: %v", err)
		}
	})
}

// A disk of the session's has come to a stop in the middle of an upload.
func TestAFarSideThatTakesNothingHasTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPatient(t)
		defer p.close()
		go p.say.Write(make([]byte, 1<<20))
		p.answers.Store(false)
		if !p.livesFor(stuckTime-time.Minute) || p.died.Load() {
			t.Error("four minutes ended an upload")
		}
		if p.livesFor(2*stuckTime) || !p.died.Load() {
			t.Error("it is still there")
		}
	})
}

// A choked far side takes nothing, and gives up by itself after a minute, as a Conn does.
type choked struct{ net.Conn }

func (c choked) Write(p []byte) (int, error) {
	if len(p) <= len(clientGreeting) {
		return c.Conn.Write(p)
	}
	<-time.After(deadTime)
	c.Conn.Close()
	return 0, net.ErrClosed
}

// Why an upload into nowhere was given up is said, whoever gave it up.
func TestAnUploadThatIsGivenUpIsSaid(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var died atomic.Bool
		dial := farSide(echo)
		l := newPipeListener()
		serve(t, &Tunnel{
			Dial: func(ctx context.Context) (net.Conn, error) {
				c, err := dial(ctx)
				return choked{c}, err
			},
			Died: func() { died.Store(true) },
		}, l)
		say, hear := connect(l)
		go io.WriteString(say, clientGreeting)
		heard := bufio.NewReaderSize(hear, 16)
		heard.ReadString('\n')
		go say.Write(make([]byte, 1<<20))
		io.Copy(io.Discard, heard)
		say.Close()
		synctest.Wait()
		if !died.Load() {
			t.Error("nobody said why it ended")
		}
	})
}
