package proxy

import (
	"context"
	"io"
	"net"
	"sync"
	"sync/atomic"

	"baissh/proxy/state"
	"baissh/proxy/tunnel"
)

// maxLogins is how many connections of ours may be logging in at a container at a time.
// The ssh servers of sessions take five, and hang up on the sixth without a word; since
// all tunnels come from the manager's address, those are five for all machines of the
// user. So one stays free for the others.
const maxLogins = 4

// logins are the connections that are logging in at one container, or on their way to.
type logins struct {
	room chan struct{} // holds a token for each

	mu      sync.Mutex                 // guards what follows
	greeted int                        // of them, those whom the ssh server has said something
	coming  map[*place]context.Context // all others, and those who wait for room
	came    int                        // places that there were
}

// loginsAt is for the loop's goroutine.
func (e *Engine) loginsAt(host string) *logins {
	if e.logins[host] == nil {
		e.logins[host] = &logins{room: make(chan struct{}, maxLogins), coming: map[*place]context.Context{}}
	}
	return e.logins[host]
}

// enter waits until there is room for one more. A tunnel's client may wait for as long as
// those before it get in: a manager of 23.09 opens about one tunnel a second.
func (l *logins) enter(ctx context.Context, session string) (*place, error) {
	p := l.comes(ctx)
	select {
	case l.room <- struct{}{}:
		return p, nil
	default:
	}
	p.waited = true
	select {
	case l.room <- struct{}{}:
		return p, nil
	case <-ctx.Done():
		l.goes(p)
		return nil, l.inVain(session, ctx.Err())
	}
}

func (l *logins) comes(ctx context.Context) *place {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.came++
	p := &place{in: l, number: l.came}
	l.coming[p] = ctx
	return p
}

// greets gives more time to those who came later, and still wait.
func (l *logins) greets(p *place) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.coming, p)
	l.greeted++
	for other, ctx := range l.coming {
		if other.number > p.number {
			tunnel.Extend(ctx)
		}
	}
}

func (l *logins) goes(p *place) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.coming, p)
	if p.greeted {
		l.greeted--
	}
}

// inVain is why somebody has waited for too long: what those meet who are in front.
func (l *logins) inVain(session string, err error) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.greeted > 0 {
		return state.BusySSH(session).Because(err)
	}
	return state.NoAnswer(session).Because(err)
}

// A place is what one connection takes of the room.
type place struct {
	in          *logins
	number      int  // in the order of their coming
	waited      bool // for it
	greet, left sync.Once
	greeted     bool // guarded by greet, which left waits for
}

func (p *place) greets() {
	p.greet.Do(func() {
		p.greeted = true
		p.in.greets(p)
	})
}

// leave makes room for the next, and may be called again.
func (p *place) leave() {
	p.left.Do(func() {
		p.greet.Do(func() {}) // from now on it is too late
		p.in.goes(p)
		<-p.in.room
	})
}

// A loginConn has a place until its client has logged in.
type loginConn struct {
	net.Conn
	place    *place
	loggedIn atomic.Bool
}

// loggingIn returns conn, with all of it that the tunnel can make use of.
func loggingIn(conn net.Conn, p *place) net.Conn {
	c := &loginConn{Conn: conn, place: p}
	ping, pings := conn.(pinger)
	copier, copies := conn.(io.WriterTo)
	switch {
	case pings && copies:
		return struct {
			*loginConn
			pinger
			io.WriterTo
		}{c, ping, copier}
	case pings:
		return struct {
			*loginConn
			pinger
		}{c, ping}
	}
	return c
}

// A pinger can be asked whether its far side is there.
type pinger interface {
	Ping(ctx context.Context) error
}

// Read has the first words of the ssh server, whoever reads the others.
func (c *loginConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if n > 0 {
		c.place.greets()
	}
	return n, err
}

// LoggedIn makes room for the next. The tunnel calls it.
func (c *loginConn) LoggedIn() {
	c.loggedIn.Store(true)
	c.place.leave()
}

// Close makes room when the ssh server has heard our goodbye: only then it has some.
func (c *loginConn) Close() error {
	defer c.place.leave()
	if far, can := c.Conn.(interface{ Abandon() error }); can && !c.loggedIn.Load() {
		return far.Abandon()
	}
	return c.Conn.Close()
}
