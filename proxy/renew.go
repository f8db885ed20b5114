package proxy

import (
	"context"
	"errors"
	"time"

	"baissh/proxy/awake"
	"baissh/proxy/state"
)

// errRenewed ends a call that is to be made anew: the network below it may be gone,
// and it would wait for half a minute to find out.
var errRenewed = errors.New("begun anew")

// A call is one that is under way.
type call struct{ cancel context.CancelCauseFunc }

// calling returns a context that also ends when the observer is renewed.
func (o *observer) calling(ctx context.Context) (_ context.Context, done func()) {
	ctx, cancel := context.WithCancelCause(ctx)
	c := &call{cancel}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.calls[c] = true
	return ctx, func() {
		o.mu.Lock()
		defer o.mu.Unlock()
		delete(o.calls, c)
		cancel(nil)
	}
}

// renew makes all calls anew, and at once.
func (o *observer) renew() {
	o.mu.Lock()
	for c := range o.calls {
		c.cancel(errRenewed)
	}
	o.mu.Unlock()
	o.hurry()
}

// hurry tries again what waits for a retry, as if it had not failed so far.
func (o *observer) hurry() {
	o.fresh.Store(true)
	o.lookSoon()
	o.openSoon()
}

// lookSoon asks for a list before the period is over.
func (o *observer) lookSoon() { offer(o.look) }

// openSoon asks for the event stream, if it is not open, before the pause is over.
func (o *observer) openSoon() { offer(o.rouse) }

func offer(wish chan<- struct{}) {
	select {
	case wish <- struct{}{}:
	default:
	}
}

// watchMachine looks after a sleep, and when the network is another.
func (e *Engine) watchMachine(ctx context.Context) {
	awake.Watch{}.Run(ctx, func(ev awake.Event) {
		e.Log.Info("connections are looked at", "because", string(ev))
		e.post(ctx, func() { e.renew(ev) })
	})
}

// renew has all that goes over the network begin anew, but for open tunnels: those
// that live go on.
func (e *Engine) renew(ev awake.Event) {
	if ev.Lost() {
		for _, l := range e.lines {
			l.tunnel.Check()
		}
	}
	for name, p := range e.profiles {
		if p.observer == nil {
			continue
		}
		p.client.Close() // what lies idle may be dead, too
		p.observer.renew()
		e.refetch(name)
	}
}

// refetch begins anew what is being fetched for a profile's sessions, or waits for a retry.
func (e *Engine) refetch(profile string) {
	for id, f := range e.fetches {
		if f.wish.profile == profile {
			f.cancel()
			delete(e.fetches, id)
		}
	}
}

// hurry tries again what was in trouble, because somebody wants to get there: the
// manager, and what is to be fetched of the session.
func (e *Engine) hurry(t target) {
	if p := e.profiles[t.profile]; p != nil && p.observer != nil && p.problem != nil {
		p.observer.hurry()
	}
	key := containerKey(hostKey(t.profile, t.session.ID), t.session.Container)
	if f := e.fetches[key]; f != nil && f.mayHurry(time.Now()) {
		f.cancel()
		delete(e.fetches, key)
	}
}

// hurryPause lets many clients that come at a time ask once.
const hurryPause = 5 * time.Second

// mayHurry reports whether the next try may come sooner than it was to.
func (f *fetch) mayHurry(now time.Time) bool {
	if f.problem == nil || now.Sub(f.failed) < hurryPause {
		return false
	}
	return f.problem.Code != state.RateLimited && f.problem.Code != state.SignInNeeded
}
