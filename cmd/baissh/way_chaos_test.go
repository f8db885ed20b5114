//go:build chaos && linux

package main

import (
	"net"
	"strings"
	"sync"
	"testing"
)

// A network lies between an engine and its manager. It carries everything, until it
// swallows it without a word, or goes away for a while.
type network struct {
	net.Listener
	to string

	mu     sync.Mutex // guards what follows
	back   *sync.Cond // tells of changes
	conns  []net.Conn
	lost   map[net.Conn]bool // nothing comes through it any more
	away   bool
	closed bool
}

// between puts a network between the manager and an engine that is yet to start.
func (w *world) between() *network {
	w.Helper()
	scheme, to, _ := strings.Cut(w.manager.URL(), "://")
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		w.Fatal(err)
	}
	b := &network{Listener: ln, to: to, lost: map[net.Conn]bool{}}
	b.back = sync.NewCond(&b.mu)
	var carriers sync.WaitGroup
	carriers.Go(func() { b.serve(w.T, &carriers) })
	w.Cleanup(func() { b.close(); carriers.Wait() })
	w.signInAt(scheme + "://" + ln.Addr().String())
	return b
}

func (b *network) serve(t *testing.T, carriers *sync.WaitGroup) {
	for {
		near, err := b.Accept()
		if err != nil {
			return
		}
		far, err := net.Dial("tcp", b.to)
		if err != nil {
			t.Error(err)
			near.Close()
			continue
		}
		b.mu.Lock()
		b.conns = append(b.conns, near, far)
		b.mu.Unlock()
		carriers.Go(func() { b.carry(near, far) })
		carriers.Go(func() { b.carry(far, near) })
	}
}

// carry does not pass on the end of what is lost, either.
func (b *network) carry(from, to net.Conn) {
	buf := make([]byte, 32<<10)
	for {
		n, err := from.Read(buf)
		passes := b.passes(from)
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

// passes waits while the network is away, as TCP does.
func (b *network) passes(c net.Conn) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	for b.away && !b.closed {
		b.back.Wait()
	}
	return !b.lost[c]
}

// move loses all connections that there are.
func (b *network) move() {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, c := range b.conns {
		b.lost[c] = true
	}
}

// leave keeps all back that is said, and come passes it on.
func (b *network) leave() { b.set(&b.away, true) }
func (b *network) come()  { b.set(&b.away, false) }

func (b *network) set(what *bool, is bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	*what = is
	b.back.Broadcast()
}

func (b *network) close() {
	b.Close()
	b.set(&b.closed, true)
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, c := range b.conns {
		c.Close()
	}
}
