package jump

import (
	"net"
	"sync"
	"time"
)

// ahead is how much may be read before what came of it was taken on. The Dropbear that
// Backend.AI ships ignores ssh's window, and package ssh ends a connection that got
// more than its 2 MiB: so it is we who must not read too much.
const ahead = 256 << 10 // bytes

// A reader that has waited for idle has all, most likely, or gets no time of the processor.
// So only a step more is read then, of which the first would soon have all, and the second
// does not get too much for two seconds.
const (
	idle = 100 * time.Millisecond
	step = 64 << 10 // bytes, more than a packet
)

// A gate keeps package ssh from reading further ahead than its reader follows. What is
// read is in cipher and what is taken is not: their difference grows by what ssh adds,
// and begins anew whenever the reader has all.
type gate struct {
	net.Conn

	mu      sync.Mutex // guards what follows
	changed *sync.Cond
	read    int       // bytes, since the reader had all
	taken   int       // likewise
	waiting time.Time // since when the reader waits; zero while it does not
	follows bool      // what is read is for a reader
	closed  bool
}

func newGate(conn net.Conn) *gate {
	g := &gate{Conn: conn}
	g.changed = sync.NewCond(&g.mu)
	return g
}

// Read waits while the reader is too far behind. Before the forwarding nothing is held
// back: a log-in is short.
func (g *gate) Read(p []byte) (int, error) {
	g.mu.Lock()
	for g.follows && g.read-g.taken >= ahead && !g.closed {
		g.wait()
	}
	g.mu.Unlock()
	n, err := g.Conn.Read(p)
	g.mu.Lock()
	g.read += n
	g.mu.Unlock()
	return n, err
}

// wait lets the reader go on. One that waits itself seems to have all, however much ssh
// added.
func (g *gate) wait() {
	if !g.waiting.IsZero() && time.Since(g.waiting) >= idle {
		g.read, g.taken = ahead-step, 0
		g.waiting = time.Now()
		return
	}
	timer := time.AfterFunc(idle, g.changed.Broadcast)
	defer timer.Stop()
	g.changed.Wait()
}

// follow says that from now on what comes is for a reader. It comes with the forwarding,
// and not only once somebody reads.
func (g *gate) follow() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.follows, g.read = true, 0
}

// asks says that the reader wants more.
func (g *gate) asks() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.waiting = time.Now()
}

// got says how much the reader got, and whether there was no more.
func (g *gate) got(n int, all bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.waiting = time.Time{}
	if g.taken += n; all || g.taken > g.read {
		g.read, g.taken = 0, 0
	}
	g.changed.Broadcast()
}

func (g *gate) Close() error {
	g.mu.Lock()
	g.closed = true
	g.changed.Broadcast()
	g.mu.Unlock()
	return g.Conn.Close()
}
