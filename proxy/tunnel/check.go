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
		if c.reached != nil {
			t.wg.Go(c.reached.check)
		}
	}
}

func (r *relay) check() {
	if !r.vital.answers(r.ctx, r.far) {
		r.died()
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
