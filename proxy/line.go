package proxy

import (
	"context"
	"errors"
	"net"
	"os"
	"slices"
	"sync"
	"time"

	"baissh/proxy/backendai"
	"baissh/proxy/state"
	"baissh/proxy/tunnel"
)

// A line is a port on this machine and what it leads to at the moment. The port
// outlives the session: a session of the same name gets the same line, and for a
// while after the end callers are told of it.
type line struct {
	port     int
	listener net.Listener
	tunnel   *tunnel.Tunnel
	done     chan struct{} // closed when the tunnel serves no more

	mu      sync.Mutex // guards what follows
	cut     *state.Cut // the last one, nil if there was none
	farEnds []time.Time
	refusal *state.Refusal // what the last client was told, nil once one got in
	target  target
	moved   chan struct{}     // closed when target changes
	life    state.Incarnation // the last that clients were led to
}

// A target is where a line leads.
type target struct {
	session  state.Session
	profile  string
	client   *backendai.Client // nil while the profile has none
	way      way
	greeting string
	hostKey  string         // as it is pinned
	problem  *state.Problem // why no connection can be made; nil if one can
}

// listenOn listens on a loopback port. Plain TCP: what never leaves the machine has no
// use for several paths, and a socket that could take them costs more to make. It does not
// take the last file handle, which it would keep for good: by that one status is answered.
func listenOn(port int) (net.Listener, error) {
	last, err := os.Open(os.DevNull)
	if err != nil {
		return nil, err
	}
	defer last.Close()
	var plain net.ListenConfig
	plain.SetMultipathTCP(false)
	return plain.Listen(context.Background(), "tcp4", net.JoinHostPort("127.0.0.1", itoa(port)))
}

// openLine serves what comes to a port.
func openLine(ln net.Listener, hooks lineHooks) *line {
	l := &line{port: ln.Addr().(*net.TCPAddr).Port, listener: ln, done: make(chan struct{}), moved: make(chan struct{})}
	l.target = target{problem: state.Opening()}
	l.tunnel = &tunnel.Tunnel{
		Dial: l.dial(hooks), Admit: hooks.admit, Explain: l.explain, Again: worthAgain,
		Greeting: l.greeting, CheckHostKey: l.checkHostKey(hooks), FarEnded: l.noteFarEnd, Died: l.noteDead,
		Paced:   hooks.paced,
		Changed: hooks.changed, Log: hooks.log,
	}
	go func() {
		defer close(l.done)
		l.tunnel.Serve(ln)
	}()
	return l
}

// point leads the line to t. Open connections belong to the incarnation they
// were made for: when that changes, or nobody wants it any more, they are ended,
// for the reason given. Other trouble is for those who are yet to come.
func (l *line) point(t target) {
	before, life := l.aim(t)
	switch {
	case before.session.ID == "":
	case t.session.ID != before.session.ID:
		l.noteCut(l.tunnel.Move(), state.Ended(before.session.Name))
	case t.over() && !before.over():
		l.noteCut(l.tunnel.Drop(t.problem), t.problem)
	case life.SessionID == t.session.ID && t.session.Running() && !life.Same(t.session.Incarnation()):
		l.noteCut(l.tunnel.Move(), state.Restarted(before.session.Name))
	}
}

// aim changes the target, and returns the one before and the last life of a container
// until now: a list may show a session while it restarts.
func (l *line) aim(t target) (before target, life state.Incarnation) {
	l.mu.Lock()
	defer l.mu.Unlock()
	before, life = l.target, l.life
	l.target = t
	if t.session.Running() {
		l.life = t.session.Incarnation()
	}
	if !life.Same(l.life) {
		l.refusal = nil
	}
	close(l.moved)
	l.moved = make(chan struct{})
	return before, life
}

// noteCut remembers why open connections were ended: once a shell is open, ssh allows
// nobody to say it there. Those that the far side ended a moment before had the same
// reason.
func (l *line) noteCut(connections int, why *state.Problem) {
	n := connections + l.takeFarEnds()
	if n == 0 {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.cut = &state.Cut{Time: time.Now().Truncate(time.Second).UTC(), Connections: n, Reason: why.Fact}
}

// noteDead keeps for status why an open connection ended.
func (l *line) noteDead() {
	l.mu.Lock()
	defer l.mu.Unlock()
	why := state.FellSilent(l.target.session.Name)
	l.cut = &state.Cut{Time: time.Now().Truncate(time.Second).UTC(), Connections: 1, Reason: why.Fact}
}

// farEndTime is how long after a container's end its session's may be told: 20 s
// with 26.9.
const farEndTime = 30 * time.Second

// noteFarEnd keeps that for status, until there is a better reason.
func (l *line) noteFarEnd() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.farEnds = append(recent(l.farEnds), time.Now())
	why := state.CutOff(l.target.session.Name)
	l.cut = &state.Cut{Time: time.Now().Truncate(time.Second).UTC(), Connections: len(l.farEnds), Reason: why.Fact}
}

func (l *line) takeFarEnds() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	n := len(recent(l.farEnds))
	l.farEnds = nil
	return n
}

func recent(times []time.Time) []time.Time {
	return slices.DeleteFunc(times, func(t time.Time) bool { return time.Since(t) > farEndTime })
}

func (l *line) lastCut() *state.Cut {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.cut
}

// over reports whether nothing may be connected to the target any more.
func (t target) over() bool {
	if t.problem == nil {
		return false
	}
	switch t.problem.Code {
	case state.SessionEnded, state.DisabledByUser, state.SignedOut:
		return true
	}
	return false
}

// passing reports whether the target's problem may go by itself, while a client waits.
func (t target) passing() bool {
	if t.problem == nil {
		return false
	}
	switch t.problem.Code {
	case state.SessionNotReady, state.TunnelRefused, state.Busy, state.Silent:
		return true
	}
	return false
}

// close ends the line. Its port is free at once; done tells when the last client
// has read its last words.
func (l *line) close() {
	l.listener.Close() // which the tunnel may not have taken over yet
	l.tunnel.Close()
}

func (l *line) current() (target, <-chan struct{}) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.target, l.moved
}

func (l *line) greeting() string {
	t, _ := l.current()
	return t.greeting
}

// explain words an error for the client, and keeps it for status. Everything else speaks
// for itself.
func (l *line) explain(err error) string {
	t, _ := l.current()
	why := tunnelProblem(t, err)
	l.noteRefusal(t, why)
	return why.Error()
}

func sameLife(a, b state.Session) bool { return a.Incarnation().Same(b.Incarnation()) }

// worthAgain reports whether a failure may pass within seconds.
func worthAgain(err error) bool {
	var p *state.Problem
	if !errors.As(err, &p) {
		return errors.Is(err, tunnel.ErrHungUp) || backendai.NoSSHServer(err)
	}
	switch p.Code {
	case state.TunnelRefused, state.Busy, state.Unreachable, state.Silent, state.SessionNotReady, state.StoppedByRestart:
		return true
	}
	return false
}
