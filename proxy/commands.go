package proxy

import (
	"context"
	"errors"
	"time"

	"baissh/proxy/settings"
	"baissh/proxy/state"
)

// Enable switches ssh for the sessions of one name on or off, for good: the
// choice holds for later sessions of that name too, and wins over the policy.
// word is an alias, a session's name or its id. It returns the host as it then is.
func (e *Engine) Enable(ctx context.Context, word string, on bool) (state.Host, error) {
	h, ok := e.Status(ctx, 0).Host(word)
	if !ok {
		return state.Host{}, state.Unknown(word)
	}
	if h.State == state.Over {
		return h, state.Ended(h.Name)
	}
	if h.Alias == "" && on {
		return h, state.UnusableName(h.Name)
	}
	err := e.do(ctx, func() {
		// The Snapshot has the name as it can be printed, which may be another.
		key := hostKey(h.Profile, h.SessionID)
		known, ok := e.memory.Hosts[key]
		if !ok {
			return
		}
		e.memory.Choices[lineKey(h.Profile, known.Session.Name)] = on
		if known.Identity != nil && known.Identity.Mismatch {
			known.Identity = nil // a person says that the new host key is right
			e.memory.Hosts[key] = known
		}
	})
	if err != nil {
		return h, err
	}
	if h.Alias != "" { // an id may be two profiles'
		word = h.Alias
	}
	h, _ = e.Status(ctx, 0).Host(word)
	return h, nil
}

// SetPolicy says which sessions are enabled without being asked for by name. It is
// kept in the settings, which are read again. It is about new sessions: what is enabled
// when the policy becomes manual stays so, as if it had been chosen by name.
func (e *Engine) SetPolicy(ctx context.Context, p state.Policy) error {
	var err error
	stopped := e.do(ctx, func() {
		if err = settings.Apply(e.Home, settings.Edit{Key: "policy", Value: string(p)}); err != nil {
			return
		}
		if p == state.Manual {
			e.chooseEnabled()
		}
		e.readSettings()
	})
	if stopped != nil { // and then the work may still be done, by another goroutine
		return stopped
	}
	return err
}

func (e *Engine) chooseEnabled() {
	for key, l := range e.lines {
		name := lineKey(profileOfLine(key), l.session.Name)
		if _, chosen := e.memory.Choices[name]; !chosen && l.ended.IsZero() && l.session.Container == "" {
			e.memory.Choices[name] = true
		}
	}
}

// Reload reads the settings again, and tries at once what waits for a retry. Settings
// that are refused are an error, though all the rest was done.
func (e *Engine) Reload(ctx context.Context) error {
	var refused error
	err := e.do(ctx, func() {
		e.readSettings()
		refused = e.settingsErr
		for _, p := range e.profiles {
			p.stale = p.problem != nil && !p.isTrying(time.Now())
			e.renewSecret(e.running, p)
			if p.observer != nil {
				p.observer.lookSoon()
			}
		}
	})
	// There may be none because the file is just being saved, and a mistake in one
	// profile is not for those who sign in to another. Both are in the Snapshot.
	if err == nil && !settings.Usable(refused) && !errors.Is(refused, settings.ErrNone) {
		err = errors.New(settingsNotice(refused))
	}
	return err
}

// do runs work on the loop's goroutine and returns after the turn that follows.
func (e *Engine) do(ctx context.Context, work func()) error {
	done := make(chan struct{})
	e.post(ctx, func() {
		work()
		e.afterTurn = append(e.afterTurn, func() { close(done) })
	})
	select {
	case <-done:
		return nil
	case <-e.board.over():
		return state.Stopping()
	case <-ctx.Done():
		return ctx.Err()
	}
}

// nudge asks for something from outside of any request. It never blocks: where
// much is waiting already, a turn is about to come.
func (e *Engine) nudge(wish func()) {
	select {
	case e.wishes <- wish:
	default:
	}
}

// hooks is what a line tells the engine.
func (e *Engine) hooks(w wish) lineHooks {
	return lineHooks{
		admit:   e.admit,
		paced:   func() bool { return e.pace.Load() == settings.PaceOn },
		changed: func() { e.nudge(func() {}) },
		came:    func(t target) { e.nudge(func() { e.hurry(t) }) },
		doubt:   func(profile string) { e.nudge(func() { e.look(profile) }) },
		met:     func(t target, matches bool) { e.nudge(func() { e.noteHostKey(t, matches) }) },
		log:     e.Log.With("session", w.session.Name),
	}
}

// noteHostKey remembers whether a session's ssh server still shows the pinned key.
func (e *Engine) noteHostKey(t target, matches bool) {
	key := containerKey(hostKey(t.profile, t.session.ID), t.session.Container)
	h := e.memory.Hosts[key]
	if h.Identity != nil && h.Identity.Mismatch == matches {
		h.Identity = h.Identity.judged(matches)
		e.memory.Hosts[key] = h
	}
}

// look has a profile listed soon.
func (e *Engine) look(profile string) {
	if p := e.profiles[profile]; p != nil && p.observer != nil {
		p.observer.lookSoon()
	}
}
