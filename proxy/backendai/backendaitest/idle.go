package backendaitest

import (
	"encoding/json"
	"time"
)

// idlePeriod is how often the manager looks for idle sessions.
const idlePeriod = 15 * time.Second

// An idleCheck is what will end a session. The server's mutex guards it.
type idleCheck struct {
	name  string
	after time.Duration
	ends  time.Time
}

// SetIdle has the manager end the session after this time. For network_timeout, where
// the release counts tunnels as use, the time begins anew while one is open. It takes
// the place of an earlier check.
func (e *Session) SetIdle(check string, after time.Duration) {
	idle := &idleCheck{name: check, after: after, ends: time.Now().Add(after)}
	e.change(func() { e.idle = idle })
	e.server.start(func() { e.reclaim(idle) })
}

// reclaim ends the session when its time is over.
func (e *Session) reclaim(idle *idleCheck) {
	tick := time.NewTicker(idlePeriod)
	defer tick.Stop()
	for locked(e, func() bool { return e.idle == idle && !e.gone() }) {
		if e.isOver(idle) {
			e.end("idle-timeout")
			return
		}
		select {
		case <-tick.C:
		case <-e.server.ctx.Done():
			return
		}
	}
}

func (e *Session) isOver(idle *idleCheck) bool {
	used := e.server.release.tunnelsAreUse && idle.name == "network_timeout" && e.Connections().Open > 0
	e.server.mu.Lock()
	defer e.server.mu.Unlock()
	if used {
		idle.ends = time.Now().Add(idle.after)
	}
	return time.Now().After(idle.ends)
}

// idleText is JSON inside a text, null for none. It wants the lock.
func (e *Session) idleText() any {
	if e.idle == nil {
		return nil
	}
	text, err := json.Marshal(map[string]any{
		e.idle.name:   map[string]any{"remaining": time.Until(e.idle.ends).Seconds(), "remaining_time_type": "expire_after", "extra": nil},
		"utilization": map[string]any{"remaining": nil, "remaining_time_type": "grace_period", "extra": nil},
	})
	if err != nil {
		panic(err)
	}
	return string(text)
}
