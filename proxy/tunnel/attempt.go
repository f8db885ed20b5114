package tunnel

import (
	"context"
	"errors"
	"net"
	"time"
)

// An attempt is one dial for a client, and what came of it.
type attempt struct {
	where int      // which far side was dialled, see [Tunnel.where]
	far   net.Conn // nil with an error
	first []byte   // what it said first
	err   error
}

// attempts are all for one client.
type attempts struct {
	c       *connection
	hello   []byte       // what the client has said
	ended   chan attempt // has room for all
	begun   int
	running int
	again   <-chan time.Time // when the next is to begin; nil while none is
	before  error            // of one that has ended
}

// tryAll dials until an attempt reaches the far side, or none will. One that takes long
// gets another beside it: of a manager that has much to do, the first may still come, and
// one that was lost never does.
func (c *connection) tryAll(ctx context.Context) attempt {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	all := &attempts{c: c, hello: c.sent, ended: make(chan attempt, maxTries)}
	defer all.discard()
	slow := make(chan struct{})
	ctx, limit := withClock(ctx, slowTry, func() { close(slow) })
	defer limit.stop()
	all.begin(ctx)
	for {
		select {
		case <-slow:
			slow = nil
			all.begin(ctx)
		case <-all.again:
			all.begin(ctx)
		case <-all.over(ctx):
			return attempt{err: all.before}
		case a := <-all.ended:
			all.running--
			if result, last := all.judge(ctx, a); last {
				return result
			}
		}
	}
}

// judge says what comes of an attempt that has ended, and whether that is the last word.
func (all *attempts) judge(ctx context.Context, a attempt) (result attempt, last bool) {
	switch {
	case a.err == nil, ctx.Err() != nil && all.before == nil:
		return a, true
	case ctx.Err() != nil:
		return attempt{err: all.before}, true // this one was cut short, and knows less
	case a.where != all.c.tunnel.where() && all.begin(ctx):
		return attempt{}, false
	case !all.c.tunnel.again(a.err), all.running == 0 && all.begun == maxTries:
		return a, true
	}
	if all.before = a.err; all.running == 0 {
		all.again = time.After(retryPause)
	}
	return attempt{}, false
}

// begin reports whether there may be one more.
func (all *attempts) begin(ctx context.Context) bool {
	if all.begun == maxTries {
		return false
	}
	all.begun++
	all.running++
	go func() { all.ended <- all.c.try(ctx, all.hello) }()
	return true
}

// over is closed when there is nothing to wait for any more.
func (all *attempts) over(ctx context.Context) <-chan struct{} {
	if all.running > 0 {
		return nil // they say why
	}
	return ctx.Done()
}

// discard closes what comes too late, and does not wait for it.
func (all *attempts) discard() {
	all.c.tunnel.wg.Go(func() {
		for range all.running {
			if a := <-all.ended; a.far != nil {
				a.far.Close()
			}
		}
	})
}

// try dials, passes on what the client said first, and waits for the far
// side's identification. What it gives up it closes.
func (c *connection) try(ctx context.Context, hello []byte) attempt {
	a := attempt{where: c.tunnel.where()}
	if a.far, a.err = c.tunnel.Dial(ctx); a.err != nil {
		return attempt{where: a.where, err: causeOr(ctx, a.err)}
	}
	stop := context.AfterFunc(ctx, func() { a.far.Close() })
	a.first, a.err = introduce(a.far, hello)
	switch {
	case !stop():
		a.err = context.Cause(ctx) // it was we who closed the connection
	case a.where != c.tunnel.where():
		a.err = ErrAnother
	}
	if a.err != nil {
		a.far.Close()
		return attempt{where: a.where, err: causeOr(ctx, a.err)}
	}
	return a
}

// introduce tells the far side what the client has said, and hears its first words.
func introduce(far net.Conn, hello []byte) ([]byte, error) {
	if _, err := far.Write(hello); err != nil {
		return nil, ErrHungUp
	}
	return readIdentification(far)
}

// causeOr prefers the reason why a context ended over an error that came of it.
// But an attempt that took too long may know better what it waited for.
func causeOr(ctx context.Context, err error) error {
	cause := context.Cause(ctx)
	switch {
	case cause == nil || err == nil:
		return err
	case !errors.Is(cause, ErrSilent):
		return cause
	}
	switch err {
	case context.Canceled, context.DeadlineExceeded, ErrHungUp:
		return cause
	}
	return err
}
