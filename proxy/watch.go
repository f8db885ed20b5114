package proxy

import (
	"context"
	"errors"
	"time"

	"baissh/proxy/backendai"
)

// watch keeps one event stream open. Each opening asks for a list, because what
// happened in between is not told again.
func (o *observer) watch(ctx context.Context) {
	pauses := newPauses()
	pauses.MaxInterval = streamWait
	for ctx.Err() == nil {
		began := time.Now()
		stood, err := o.stream(ctx)
		if ctx.Err() != nil {
			return
		}
		if errors.Is(err, errRenewed) {
			pauses.Reset()
			continue
		}
		if time.Since(began) >= steadyStream {
			pauses.Reset()
		}
		o.log.Debug("the event stream ended", "error", err)
		if !stood && o.well.Load() && mayHurry(err) {
			o.lookSoon() // the list still seems to be good
		}
		if o.roused(ctx, pauseAfter(pauses, err), stood || !mayHurry(err)) {
			pauses.Reset()
		}
	}
}

// stream reads one event stream to its end, and reports whether it stood at all.
func (o *observer) stream(ctx context.Context) (stood bool, err error) {
	ctx, done := o.calling(ctx)
	defer done()
	err = o.manager.Events(ctx, func() { stood = true; o.lookSoon() }, o.hear)
	if context.Cause(ctx) == errRenewed {
		err = errRenewed
	}
	return stood, err
}

// roused waits, and reports whether that was cut short because the manager answers
// again. A gateway that answers and cuts each stream is left in peace.
func (o *observer) roused(ctx context.Context, d time.Duration, inPeace bool) bool {
	rouse := o.rouse
	if inPeace {
		rouse = nil
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	case <-rouse:
		return true
	}
	return false
}

// hear takes an event as a hint to list, and to look at the host key again when
// a container starts whose session was running already.
func (o *observer) hear(ev backendai.Event) {
	o.mu.Lock()
	o.restless = len(settleTimes)
	o.events++
	number := o.events
	if ev.Name == "kernel_started" {
		o.life(ev.SessionID).start(time.Now())
	}
	o.mu.Unlock()
	if o.heard != nil {
		o.heard(ev.SessionID, number)
	}
	o.lookSoon()
}
