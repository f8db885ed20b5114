package tunnel

import (
	"context"
	"time"
)

// A clock tells that something takes too long.
type clock struct {
	outer *clock // of what this is a part of, or nil
	timer *time.Timer
	limit time.Duration
	begun time.Time
	// extended is called when it begins anew. It may be nil.
	extended func()
}

type clockKey struct{}

// withClock returns a context by which the limit may begin anew, see Extend.
func withClock(ctx context.Context, limit time.Duration, ended func()) (context.Context, *clock) {
	outer, _ := ctx.Value(clockKey{}).(*clock)
	c := &clock{outer: outer, limit: limit, begun: time.Now(), timer: time.AfterFunc(limit, ended)}
	return context.WithValue(ctx, clockKey{}, c), c
}

func (c *clock) stop() { c.timer.Stop() }

// Extend is for a Dial, when one that came before it has got in: all limits of the dial
// begin anew, but within a minute. A client whose own limit may come first is shown the
// [Tunnel.Greeting], after which it waits.
func Extend(ctx context.Context) {
	for c, _ := ctx.Value(clockKey{}).(*clock); c != nil; c = c.outer {
		c.extend()
	}
}

func (c *clock) extend() {
	left := min(c.limit, maxHold-time.Since(c.begun))
	if left > 0 && c.timer.Stop() { // else it has ended, or will soon
		c.timer.Reset(left)
	}
	if c.extended != nil {
		c.extended()
	}
}
