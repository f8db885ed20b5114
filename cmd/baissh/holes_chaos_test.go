//go:build chaos && linux

package main

import (
	"bytes"
	"net"
	"net/url"
	"sync"
)

// A sieve lies between the engine and the manager, and may swallow what it carries:
// nobody hears of it, as no end and no reset comes of packets that vanish.
type sieve struct {
	net.Listener
	manager string
	ended   chan struct{}

	mu    sync.Mutex // guards what follows
	holes map[string]hole
}

// A hole is which way a session's packets vanish, and whether the last router still
// takes any: else what is sent soon piles up where it comes from.
type hole struct{ up, down, full bool }

// newSieve leads to the world's manager, until the test ends.
func (w *world) newSieve() *sieve {
	w.Helper()
	manager, err := url.Parse(w.manager.URL())
	if err != nil {
		w.Fatal(err)
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		w.Fatal(err)
	}
	n := &sieve{Listener: ln, manager: manager.Host, ended: make(chan struct{}), holes: map[string]hole{}}
	go n.serve()
	w.Cleanup(func() { ln.Close(); close(n.ended) })
	return n
}

// swallow makes the packets of a session's tunnels vanish, the open ones' too.
func (n *sieve) swallow(session string, h hole) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.holes[session] = h
}

func (n *sieve) holeOf(session string) hole {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.holes[session]
}

// serve ends with the listener.
func (n *sieve) serve() {
	for {
		near, err := n.Accept()
		if err != nil {
			return
		}
		far, err := net.Dial("tcp", n.manager)
		if err != nil {
			near.Close()
			continue
		}
		go (&route{sieve: n, near: near, far: far}).carry()
	}
}

// A route is one connection through the sieve.
type route struct {
	*sieve
	near, far net.Conn
	mu        sync.Mutex // guards session
	session   string     // whose tunnel it became, if any
}

// carry ends when both sides have, of which a hole lets neither know.
func (r *route) carry() {
	var both sync.WaitGroup
	both.Go(func() { r.copy(r.far, r.near, func(h hole) bool { return h.up }) })
	both.Go(func() { r.copy(r.near, r.far, func(h hole) bool { return h.down }) })
	both.Wait()
}

func (r *route) copy(to, from net.Conn, swallows func(hole) bool) {
	buf := make([]byte, 64<<10)
	for {
		if r.holeOf(r.tunnelOf()).full {
			<-r.ended
		}
		n, err := from.Read(buf)
		r.note(buf[:n])
		if swallows(r.holeOf(r.tunnelOf())) {
			n = 0
		} else if err != nil {
			to.Close()
		}
		if _, lost := to.Write(buf[:n]); err != nil || lost != nil {
			return
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

func (r *route) tunnelOf() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.session
}
