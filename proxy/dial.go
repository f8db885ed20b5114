package proxy

import (
	"context"
	"errors"
	"net"

	"baissh/proxy/backendai"
	"baissh/proxy/state"
)

// dial waits until the target can be reached or it is clear that it will not be,
// and opens a tunnel to exactly the session that it is then.
func (l *line) dial(hooks lineHooks) func(context.Context) (net.Conn, error) {
	return func(ctx context.Context) (net.Conn, error) {
		if t, _ := l.current(); t.profile != "" {
			hooks.came(t)
		}
		for {
			t, err := l.settled(ctx)
			if err != nil {
				return nil, err
			}
			_, moved := l.current()
			conn, err := t.way.dial(ctx)
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
