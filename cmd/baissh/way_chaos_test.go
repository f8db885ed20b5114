//go:build chaos && linux

package main

import (
	"bytes"
	"net"
	"strings"
	"sync"
	"testing"
)

// A network lies between an engine and its manager. It carries everything, until it
// swallows it without a word (no end and no reset comes of packets that vanish), or
// goes away for a while.
type network struct {
	net.Listener
	to string

	mu     sync.Mutex // guards what follows
	back   *sync.Cond // tells of changes
	routes []*route
	holes  map[string]hole // by session
	away   bool
	closed bool
}

// A hole is which way a session's packets vanish. A full one takes none at all, so that
// what is sent soon piles up where it comes from.
type hole struct{ up, down, full bool }

// A route is one connection through the network.
type route struct {
	*network
	near, far net.Conn
	session   string // whose tunnel it became, if any
	lost      bool   // nothing comes through it any more
}

// between puts a network between the manager and an engine that is yet to start.
func (w *world) between() *network {
	w.Helper()
	scheme, to, _ := strings.Cut(w.manager.URL(), "://")
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		w.Fatal(err)
	}
	n := &network{Listener: ln, to: to, holes: map[string]hole{}}
	n.back = sync.NewCond(&n.mu)
	var carriers sync.WaitGroup
	carriers.Go(func() { n.serve(w.T, &carriers) })
	w.Cleanup(func() { n.close(); carriers.Wait() })
	w.signInAt(scheme + "://" + ln.Addr().String())
	return n
}

func (n *network) serve(t *testing.T, carriers *sync.WaitGroup) {
	for {
		near, err := n.Accept()
		if err != nil {
			return
		}
		far, err := net.Dial("tcp", n.to)
		if err != nil {
			t.Error(err)
			near.Close()
			continue
		}
		r := &route{network: n, near: near, far: far}
		n.mu.Lock()
		n.routes = append(n.routes, r)
		n.mu.Unlock()
		carriers.Go(func() { r.carry(near, far, true) })
		carriers.Go(func() { r.carry(far, near, false) })
	}
}

// carry does not pass on the end of what is lost, either.
func (r *route) carry(from, to net.Conn, up bool) {
	buf := make([]byte, 64<<10)
	for {
		n, err := from.Read(buf)
		r.note(buf[:n])
		passes := r.passes(up)
		switch {
		case err != nil:
			if passes {
				to.(*net.TCPConn).CloseWrite()
			}
			return
		case passes:
			to.Write(buf[:n])
		}
	}
}

// note finds out whose tunnel a connection becomes.
func (r *route) note(said []byte) {
	_, rest, found := bytes.Cut(said, []byte("GET /stream/session/"))
	if id, _, ok := bytes.Cut(rest, []byte("/tcpproxy")); found && ok {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.session = string(id)
	}
}

// passes waits while the network is away, as TCP does, or takes nothing.
func (r *route) passes(up bool) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	for (r.away || r.holes[r.session].full) && !r.closed {
		r.back.Wait()
	}
	h := r.holes[r.session]
	return !r.lost && !(up && h.up) && !(!up && h.down)
}

// swallow makes the packets of a session's tunnels vanish, the open ones' too.
func (n *network) swallow(session string, h hole) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.holes[session] = h
	n.back.Broadcast()
}

// mend closes what a hole has swallowed, as both ends do when they have given up, and
// swallows nothing more.
func (n *network) mend() {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, r := range n.routes {
		if n.holes[r.session] != (hole{}) {
			r.near.Close()
			r.far.Close()
		}
	}
	clear(n.holes)
	n.back.Broadcast()
}

// move loses all connections that there are.
func (n *network) move() {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, r := range n.routes {
		r.lost = true
	}
}

// leave keeps all back that is said, and come passes it on.
func (n *network) leave() { n.set(&n.away, true) }
func (n *network) come()  { n.set(&n.away, false) }

func (n *network) set(what *bool, is bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	*what = is
	n.back.Broadcast()
}

func (n *network) close() {
	n.Close()
	n.set(&n.closed, true)
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, r := range n.routes {
		r.near.Close()
		r.far.Close()
	}
}
