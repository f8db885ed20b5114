package tunnel

import (
	"context"
	"time"
)

// checkLimit is how long a sign of life may take after Check. It is short: who was
// away has waited long enough, and a network that works answers within a second.
const checkLimit = 5 * time.Second

// Check asks each open connection for a sign of life, and gives up those that have
// none to give. It is for a time after which connections may be dead without anybody's
// knowing: a sleep, or a move to another network. It does not wait.
func (t *Tunnel) Check() {
	t.mu.Lock()
	defer t.mu.Unlock()
	for c := range t.open {
		if c.check != nil {
			t.wg.Go(c.check)
		}
	}
}

// checkedBy says what Check is to do with a connection: nothing with one that has
// ended, whatever its far side still takes to notice.
func (c *connection) checkedBy(check func()) {
	c.tunnel.mu.Lock()
	defer c.tunnel.mu.Unlock()
	c.check = check
	if c.where != c.tunnel.moves { // in this very moment
		c.cancel(ErrAnother)
	}
}

// farEnded ends that in the same moment in which it is told, if it is one to tell: what
// Move and Drop end, they count.
func (c *connection) farEnded(ctx context.Context, cut bool) {
	c.tunnel.mu.Lock()
	defer c.tunnel.mu.Unlock()
	c.check = nil
	if cut && ctx.Err() == nil && c.tunnel.FarEnded != nil {
		c.tunnel.FarEnded()
	}
}

// answers reports whether there is a sign of life within the time for it, or cannot be
// one: behind a client that takes nothing, no answer is read.
func (v *vital) answers(ctx context.Context, far any) bool {
	p, canPing := far.(pinger)
	if !canPing {
		return true
	}
	v.anew()
	limited, cancel := context.WithTimeout(ctx, checkLimit)
	defer cancel()
	sent := time.Now()
	answered := make(chan error, 1)
	go func() { answered <- p.Ping(limited) }() // ends with the connection at the latest
	select {
	case <-answered: // or the connection has ended, which others see to
		if limited.Err() == nil {
			return true
		}
	case <-limited.Done():
	}
	return ctx.Err() != nil || v.seenSince(sent)
}

// anew forgets a silence that was our own.
func (v *vital) anew() {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.lastDown, v.asked, v.unheard = time.Now(), time.Time{}, time.Time{}
}

// seenSince reports whether the far side has said or taken something, or whether
// nobody can know. Of what it takes only a write that had to wait for it tells.
func (v *vital) seenSince(t time.Time) bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.writing || v.lastDown.After(t) || v.sending && v.lastUp.After(t)
}
