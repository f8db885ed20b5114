package tunnel

import (
	"context"
	"time"
)

// A clock ends what takes too long, by ErrSilent.
type clock struct {
	outer *clock // of what this is a part of, or nil
	timer *time.Timer
	limit time.Duration
	begun time.Time
	// extended is called when it begins anew. It may be nil.
	extended func()
}

type clockKey struct{}

// withClock is context.WithTimeout, with a limit that may begin anew.
func withClock(ctx context.Context, limit time.Duration, extended func()) (context.Context, context.CancelFunc) {
	outer, _ := ctx.Value(clockKey{}).(*clock)
	ctx, cancel := context.WithCancelCause(ctx)
	c := &clock{outer: outer, limit: limit, begun: time.Now(), extended: extended}
	c.timer = time.AfterFunc(limit, func() { cancel(ErrSilent) })
	return context.WithValue(ctx, clockKey{}, c), func() {
		c.timer.Stop()
		cancel(nil)
	}
}

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
