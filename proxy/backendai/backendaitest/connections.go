package backendaitest

import (
	"net"
	"sync"
)

// Connections counts what has reached a session's ssh server.
type Connections struct {
	Total       int // since the container started
	Open        int
	BeforeLogin int // of the open ones, those that have not logged in (in-process server only)
}

// Connections are those of the present container, or of the last one.
func (e *Session) Connections() Connections {
	e.server.mu.Lock()
	defer e.server.mu.Unlock()
	if e.container == nil {
		return e.lastConnections
	}
	return e.container.connections()
}

func (c *container) connections() Connections {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.counts
}

func (c *container) count(change func(*Connections)) {
	c.mu.Lock()
	change(&c.counts)
	c.mu.Unlock()
	c.session.server.watch.wake()
}

// maxBeforeLogin is Dropbear's limit for one address, and all tunnels of a
// session come from the manager's.
const maxBeforeLogin = 5

// admit counts a connection, and reports whether it may stay.
func (c *container) admit() (admitted bool) {
	c.count(func(n *Connections) {
		n.Total++
		if admitted = n.BeforeLogin < maxBeforeLogin; admitted {
			n.Open++
			n.BeforeLogin++
		}
	})
	return admitted
}

// A countedConn is a connection to a program, which does not tell of its own.
type countedConn struct {
	*net.TCPConn
	leave func()
}

func (c *container) countedConn(conn net.Conn) net.Conn {
	c.count(func(n *Connections) { n.Total++; n.Open++ })
	leave := sync.OnceFunc(func() { c.count(func(n *Connections) { n.Open-- }) })
	return &countedConn{TCPConn: conn.(*net.TCPConn), leave: leave}
}

func (c *countedConn) Close() error {
	defer c.leave()
	return c.TCPConn.Close()
}
