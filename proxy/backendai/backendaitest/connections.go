package backendaitest

import (
	"net"
	"sync"
)

// Connections counts what has reached a session's ssh server.
type Connections struct {
	Total       int // since the container started
	Open        int
	BeforeLogin int // of the open ones, those that have not logged in (in-process server only, like the rest)
	MostBefore  int // the most of them at a time
	HungUpOn    int // those that came when as many were before login as may be
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
	before := c.counts
	change(&c.counts)
	after := c.counts
	c.mu.Unlock()
	c.session.server.noteConnections(before, after)
	c.session.server.watch.wake()
}

// noteConnections adds up what reached all containers.
func (s *Server) noteConnections(before, after Connections) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.most.Total += after.Total - before.Total
	s.most.HungUpOn += after.HungUpOn - before.HungUpOn
	s.most.MostBefore = max(s.most.MostBefore, after.MostBefore)
}

// AllConnections are those of all containers since the start: Total and HungUpOn of them
// together, MostBefore of the one that had most. The rest is zero.
func (s *Server) AllConnections() Connections {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.most
}

// maxBeforeLogin is Dropbear's limit for one address, and all tunnels of a
// session come from the manager's.
const maxBeforeLogin = 5

// admit counts a connection, and reports whether it may stay.
func (c *container) admit() (admitted bool) {
	c.count(func(n *Connections) {
		n.Total++
		if admitted = n.BeforeLogin < maxBeforeLogin; !admitted {
			n.HungUpOn++
			return
		}
		n.Open++
		n.BeforeLogin++
		n.MostBefore = max(n.MostBefore, n.BeforeLogin)
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
