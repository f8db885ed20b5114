package proxy

import (
	"context"
	"time"

	"baissh/proxy/backendai"
)

// watch keeps one event stream open. Each opening asks for a list, because what
// happened in between is not told again.
func (o *observer) watch(ctx context.Context) {
	pauses := newPauses()
	for ctx.Err() == nil {
		began := time.Now()
		err := o.manager.Events(ctx, o.lookSoon, o.hear)
		if ctx.Err() != nil {
			return
		}
		if time.Since(began) >= steadyStream {
			pauses.Reset()
		}
		o.log.Debug("the event stream ended", "error", err)
		sleep(ctx, pauseAfter(pauses, err))
	}
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
