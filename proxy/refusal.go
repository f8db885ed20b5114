package proxy

import (
	"time"

	"baissh/proxy/state"
)

// noteRefusal keeps for status what a client was told who did not get in, where nothing
// else there says so: as for a node that is gone, which no list shows.
func (l *line) noteRefusal(t target, why *state.Problem) {
	if t.problem != nil || !metByDialling(why) {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.refusal = &state.Refusal{Time: time.Now().Truncate(time.Second).UTC(), Reason: why.Fact, Hint: why.Hint}
}

// metByDialling reports whether a problem lies beyond this machine, where only who wants
// to get there meets it.
func metByDialling(why *state.Problem) bool {
	switch why.Code {
	case state.Unreachable, state.Silent, state.TunnelRefused, state.Busy, state.RateLimited, state.Garbage:
		return true
	}
	return false
}

// forgetRefusal comes when somebody got in.
func (l *line) forgetRefusal() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.refusal = nil
}

func (l *line) lastRefusal() *state.Refusal {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.refusal
}
