package proxy

import (
	"context"
	"time"

	"baissh/proxy/backendai"
	"baissh/proxy/state"
)

// merge takes over a list. A session that is missing from it is looked up by
// its id, and only that answer can end it; while there is none it stays as it was.
func (o *observer) merge(ctx context.Context, listed []state.Session) {
	now := map[string]state.Session{}
	for _, s := range listed {
		if !s.Gone() {
			now[s.ID] = o.counted(s)
		}
	}
	asking := true
	for id, s := range o.seen.sessions {
		if _, ok := now[id]; ok {
			continue
		}
		ended := false
		if asking {
			s.Status, ended, asking = o.lookUp(ctx, s)
		}
		if ended {
			o.forget(id)
		} else {
			now[id] = s
		}
	}
	o.seen.sessions = now
	o.seen.nextTry = time.Time{}
}

// forget drops what was counted of a session that will not come back.
func (o *observer) forget(id string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	delete(o.lives, id)
}

// lookUp asks for the status of one session. After a failure nobody else is to
// be asked about: the next list is soon enough.
func (o *observer) lookUp(ctx context.Context, s state.Session) (status string, ended, ok bool) {
	status, err := o.manager.Lookup(ctx, s.ID)
	switch {
	case err != nil && backendai.KindOf(err) == backendai.Gone:
		return s.Status, true, true
	case err != nil:
		o.log.Info("a session that is not in the list could not be looked up", "session", s.Name, "error", err)
		return s.Status, false, false
	}
	return status, state.Session{Status: status}.Gone(), true
}

// counted adds what is known of restarts.
func (o *observer) counted(s state.Session) state.Session {
	o.mu.Lock()
	defer o.mu.Unlock()
	l := o.life(s.ID)
	l.list(o.seen.sessions[s.ID], s, time.Now())
	s.Restarts = l.restarts
	if was := o.seen.sessions[s.ID].Idle; s.Idle.Near(was) {
		s.Idle = was // the same end, counted a little differently
	}
	return s
}

// life wants the lock.
func (o *observer) life(id string) *life {
	if o.lives[id] == nil {
		o.lives[id] = &life{}
	}
	return o.lives[id]
}
