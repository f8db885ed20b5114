package proxy

import (
	"bytes"
	"context"
	"errors"
	"net"
	"sync"
	"time"

	"golang.org/x/crypto/ssh"

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
	hostKey  string         // as it is pinned
	problem  *state.Problem // why no connection can be made; nil if one can
}

// openLine listens on a loopback port and serves it.
func openLine(port int, hooks lineHooks) (*line, error) {
	ln, err := net.Listen("tcp4", net.JoinHostPort("127.0.0.1", itoa(port)))
	if err != nil {
		return nil, err
	}
	l := &line{port: ln.Addr().(*net.TCPAddr).Port, done: make(chan struct{}), moved: make(chan struct{})}
	l.target = target{problem: state.Opening()}
	l.tunnel = &tunnel.Tunnel{
		Dial: l.dial(hooks), Explain: l.explain, Again: worthAgain,
		Greeting: l.greeting, CheckHostKey: l.checkHostKey(hooks), Changed: hooks.changed, Log: hooks.log,
	}
	go func() {
		defer close(l.done)
		l.tunnel.Serve(ln)
	}()
	return l, nil
}

// point leads the line to t. Open connections belong to the incarnation they
// were made for: when that changes, or nobody wants it any more, they are ended,
// for the reason given. Other trouble is for those who are yet to come.
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
	case t.over() && !before.over():
		l.tunnel.Drop(t.problem)
	case before.session.Running() && t.session.Running() && !sameLife(before.session, t.session):
		l.tunnel.Drop(state.Restarted(before.session.Name))
	}
}

// over reports whether nothing may be connected to the target any more.
func (t target) over() bool {
	return t.problem != nil && (t.problem.Code == state.SessionEnded || t.problem.Code == state.DisabledByUser)
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
func (l *line) close() { l.tunnel.Close() }

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
		for {
			t, err := l.settled(ctx)
			if err != nil {
				return nil, err
			}
			_, moved := l.current()
			conn, err := t.client.Dial(ctx, t.session.ID)
			switch {
			case err == nil:
				return l.checked(conn, t)
			case ctx.Err() != nil && !errors.Is(err, backendai.ErrNotReached):
				// The manager was reached, and waits for the session's node, it seems.
				return nil, state.NoAnswer(t.session.Name).Because(err)
			case backendai.KindOf(err) != backendai.Gone || !l.waitMoved(ctx, moved, hooks, t):
				return nil, dialProblem(t, err)
			}
		}
	}
}

// checked gives up a connection whose session changed while it was made.
func (l *line) checked(conn net.Conn, t target) (net.Conn, error) {
	if now, _ := l.current(); !sameLife(now.session, t.session) {
		conn.Close()
		return nil, state.Restarted(t.session.Name)
	}
	return conn, nil
}

// waitMoved waits for the next list, when the manager does not know a session any
// more: only that says what became of it.
func (l *line) waitMoved(ctx context.Context, moved <-chan struct{}, hooks lineHooks, t target) bool {
	hooks.doubt(t.profile)
	select {
	case <-moved:
		return true
	case <-ctx.Done():
		return false
	}
}

// settled waits for a target that can be dialled, or will never be.
func (l *line) settled(ctx context.Context) (target, error) {
	for {
		t, moved := l.current()
		switch {
		case t.problem == nil:
			return t, nil
		case !t.passing():
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

// listLimit is how long a list may take that is to say what became of a session.
const listLimit = 3 * time.Second

// checkHostKey compares the key that the far side shows with the pinned one. With
// another key, it may be that the container is new and the list is yet to say so.
func (l *line) checkHostKey(hooks lineHooks) func([]byte) error {
	return func(key []byte) error {
		t, _ := l.current()
		matches := isPinned(t.hostKey, key)
		if !matches && l.outlives(t, hooks) {
			return state.Restarted(t.session.Name)
		}
		hooks.met(t.session.ID, matches)
		if !matches {
			return state.HostKeyMismatch(t.session.Name)
		}
		return nil
	}
}

// outlives reports whether a new list shows that the target's container is gone.
func (l *line) outlives(t target, hooks lineHooks) bool {
	hooks.doubt(t.profile)
	limit := time.NewTimer(listLimit)
	defer limit.Stop()
	for {
		now, moved := l.current()
		if !sameLife(now.session, t.session) || now.over() {
			return true
		}
		select {
		case <-moved:
		case <-limit.C:
			return false
		}
	}
}

func isPinned(pinned string, key []byte) bool {
	want, _, _, _, err := ssh.ParseAuthorizedKey([]byte(pinned))
	return err == nil && bytes.Equal(want.Marshal(), key)
}

func sameLife(a, b state.Session) bool {
	x, y := a.Incarnation(), b.Incarnation()
	return x.SessionID == y.SessionID && x.ContainerID == y.ContainerID && x.StartedAt.Equal(y.StartedAt) && x.Restarts == y.Restarts
}

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
