package proxy

import (
	"context"
	"errors"
	"net"
	"sync"

	"baissh/proxy/backendai"
	"baissh/proxy/state"
	"baissh/proxy/tunnel"
)

// A line is a port on this machine and what it leads to at the moment. The port
// outlives the session: a session of the same name gets the same line, and for a
// while after the end callers are told of it.
type line struct {
	port   int
	tunnel *tunnel.Tunnel
	done   chan struct{} // closed when the tunnel serves no more

	mu     sync.Mutex // guards what follows
	target target
	moved  chan struct{} // closed when target changes
}

// A target is where a line leads.
type target struct {
	session  state.Session
	profile  string
	client   *backendai.Client // nil while the profile has none
	greeting string
	// problem says why no connection can be made; nil if one can.
	problem *state.Problem
	// final says that waiting will not help.
	final bool
}

// openLine listens on a loopback port and serves it.
func openLine(port int, hooks lineHooks) (*line, error) {
	ln, err := net.Listen("tcp4", net.JoinHostPort("127.0.0.1", itoa(port)))
	if err != nil {
		return nil, err
	}
	l := &line{port: ln.Addr().(*net.TCPAddr).Port, done: make(chan struct{}), moved: make(chan struct{})}
	l.target = target{problem: state.Opening(), final: false}
	l.tunnel = &tunnel.Tunnel{
		Dial: l.dial(hooks), Explain: l.explain, Again: worthAgain,
		Greeting: l.greeting, Changed: hooks.changed, Log: hooks.log,
	}
	go func() {
		defer close(l.done)
		l.tunnel.Serve(ln)
	}()
	return l, nil
}

// point leads the line to t. Open connections belong to the incarnation they
// were made for: when that changes, they are ended, for the reason given.
func (l *line) point(t target) {
	l.mu.Lock()
	before := l.target
	l.target = t
	close(l.moved)
	l.moved = make(chan struct{})
	l.mu.Unlock()
	switch {
	case before.session.ID == "":
	case t.session.ID != before.session.ID:
		l.tunnel.Drop(state.Ended(before.session.Name))
	case t.final && t.problem != nil && !before.final:
		l.tunnel.Drop(t.problem)
	case before.session.Running() && t.session.Running() && !sameLife(before.session, t.session):
		l.tunnel.Drop(state.Restarted(before.session.Name))
	}
}

// close ends the line and waits until nothing of it is left.
func (l *line) close() {
	l.tunnel.Close()
	<-l.done
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

// dial waits until the target can be reached or it is clear that it will not be,
// and opens a tunnel to exactly the session that it is then.
func (l *line) dial(hooks lineHooks) func(context.Context) (net.Conn, error) {
	return func(ctx context.Context) (net.Conn, error) {
		t, err := l.settled(ctx)
		if err != nil {
			return nil, err
		}
		conn, err := t.client.Dial(ctx, t.session.ID)
		if err != nil {
			hooks.doubt(t.profile, err)
			return nil, dialProblem(t, err)
		}
		if now, _ := l.current(); !sameLife(now.session, t.session) {
			conn.Close()
			return nil, state.Restarted(t.session.Name)
		}
		return conn, nil
	}
}

// settled waits for a target without a problem, or with one that is final.
func (l *line) settled(ctx context.Context) (target, error) {
	for {
		t, moved := l.current()
		switch {
		case t.problem == nil:
			return t, nil
		case t.final:
			return t, t.problem
		}
		select {
		case <-moved:
		case <-ctx.Done():
			return t, t.problem
		}
	}
}

// explain words an error for the client. Everything else speaks for itself.
func (l *line) explain(err error) string {
	t, _ := l.current()
	return tunnelProblem(t, err).Error()
}

func sameLife(a, b state.Session) bool {
	x, y := a.Incarnation(), b.Incarnation()
	return x.SessionID == y.SessionID && x.ContainerID == y.ContainerID && x.StartedAt.Equal(y.StartedAt) && x.Restarts == y.Restarts
}

// worthAgain reports whether a failure may pass within seconds.
func worthAgain(err error) bool {
	var p *state.Problem
	if !errors.As(err, &p) {
		return errors.Is(err, tunnel.ErrHungUp) || backendai.KindOf(err) == backendai.Refused
	}
	switch p.Code {
	case state.TunnelRefused, state.Busy, state.Unreachable, state.SessionNotReady, state.StoppedByRestart:
		return true
	}
	return false
}
