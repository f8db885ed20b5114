package tunnel

import (
	"context"
	"errors"
	"io"
	"sync"
	"time"
)

// ErrDead says that a connection was given up because nothing came from the far side
// any more, not even what it owes.
var ErrDead = errors.New("the far side has fallen silent")

// Times by which a dead connection is told from a quiet one.
const (
	deadTime   = time.Minute      // of silence, where there should be none
	stuckTime  = 5 * time.Minute  // of the same, while the far side takes nothing
	beatQuiet  = 10 * time.Second // nobody spoke for so long before a beat
	beatAnswer = 2 * time.Second  // and the client answers it within this time
	beatSize   = 512              // bytes, at most: a beat is one small packet each way
	beats      = 2                // so many make a habit
	lateBeats  = 4                // a habit is broken after so many of its pauses
)

// vital watches whether the far side still lives. Silence alone means nothing: a shell
// that nobody types in is silent. Two things mean something:
//
//   - Pings that are not answered for a minute: the network, or the machine on its
//     other side, is gone.
//   - A server that used to speak by itself and be answered, as Dropbear does each 15 s
//     and OpenSSH with ClientAliveInterval, does not any more: then a web server in
//     between may go on to answer pings although the way behind it has ended.
//
// While the client does not take what came, all silence is ours: one that was stopped
// with Ctrl-Z keeps us from reading. And a far side that takes nothing, because a disk
// there has come to a stop, does not read our pings either.
type vital struct {
	mu       sync.Mutex // guards what follows
	writing  bool       // to the client, which may take its time
	sending  bool       // to the far side
	choked   bool       // it took nothing, until that was given up
	lastDown time.Time  // when the client had taken what came from the far side
	lastUp   time.Time
	asked    time.Time     // when a possible beat came; zero if the last thing was another
	pause    time.Duration // before it
	beats    int
	habit    time.Duration // the longest pause before a beat
	unheard  time.Time     // since when pings are not answered; zero if the last one was
}

func newVital() *vital {
	now := time.Now()
	return &vital{lastDown: now, lastUp: now}
}

// down is an io.Writer to the client that is watched.
type down struct {
	io.Writer
	v *vital
	l *login
}

func (d down) Write(p []byte) (int, error) {
	d.v.came(len(p))
	d.l.answered()
	n, err := d.Writer.Write(p)
	d.v.taken()
	return n, err
}

func (v *vital) came(n int) {
	v.mu.Lock()
	defer v.mu.Unlock()
	now := time.Now()
	v.writing, v.asked = true, time.Time{}
	if quiet := now.Sub(later(v.lastDown, v.lastUp)); quiet >= beatQuiet && n <= beatSize {
		v.asked, v.pause = now, quiet
	}
}

func (v *vital) taken() {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.writing, v.lastDown, v.unheard = false, time.Now(), time.Time{}
}

// up is an io.Writer to the far side that is watched.
type up struct {
	io.Writer
	v *vital
	l *login
}

func (u up) Write(p []byte) (int, error) {
	u.v.went(len(p))
	u.l.asks()
	n, err := u.Writer.Write(p)
	u.v.sent(err)
	return n, err
}

func (v *vital) went(n int) {
	v.mu.Lock()
	defer v.mu.Unlock()
	now := time.Now()
	v.sending = true
	if !v.asked.IsZero() && now.Sub(v.asked) <= beatAnswer && n <= beatSize {
		v.beats++
		v.habit = max(v.habit, v.pause)
	}
	v.lastUp, v.asked = now, time.Time{}
}

// sent notes the end of a write, and whether the far side was given up in it.
func (v *vital) sent(err error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.sending = false
	v.choked = v.choked || err != nil && time.Since(v.lastUp) >= deadTime
}

// gaveUp reports whether a write took so long that the connection below ended itself.
func (v *vital) gaveUp() bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.choked
}

// pinged notes whether a ping was answered.
func (v *vital) pinged(sent time.Time, answered bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	switch {
	case answered || v.writing: // a pong behind what the client does not take is not read
		v.unheard = time.Time{}
	case v.unheard.IsZero():
		v.unheard = later(sent, v.lastDown)
	}
}

// dead reports whether the far side is known to be gone.
func (v *vital) dead() bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	switch {
	case v.writing:
		return false
	case v.sending:
		return !v.unheard.IsZero() && time.Since(v.unheard) >= stuckTime
	case !v.unheard.IsZero() && time.Since(v.unheard) >= deadTime:
		return true
	}
	return v.beats >= beats && time.Since(v.lastDown) >= max(deadTime, lateBeats*v.habit)
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// watch ends the connection when the far side is dead, and pings it where it can be.
func (v *vital) watch(ctx context.Context, far any, died func()) {
	p, canPing := far.(pinger)
	for {
		began := time.Now()
		if !pause(ctx, pingPeriod) {
			return
		}
		if time.Since(began) > 2*pingPeriod {
			v.anew() // it was we who slept
		}
		if canPing {
			sent := time.Now()
			limited, cancel := context.WithTimeout(ctx, pingLimit)
			err := p.Ping(limited)
			cancel()
			v.pinged(sent, err == nil)
		}
		if ctx.Err() == nil && v.dead() {
			died()
			return
		}
	}
}
