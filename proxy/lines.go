package proxy

import (
	"time"

	"baissh/proxy/state"
)

// epitaphTime is how long the port of an ended session goes on to say so. A
// transfer that is queued for it must not meet silence, or another session.
const epitaphTime = 10 * time.Minute

// A lineState is a line and what the engine has to know about it.
type lineState struct {
	*line
	session state.Session // whose line it is, or was
	alias   string        // likewise
	ended   time.Time     // zero while the session lives
}

// keepLines opens a line for every enabled wish and closes those that nobody
// wants. A line whose session has ended stays for its epitaph.
func (e *Engine) keepLines(wishes []wish, now time.Time) {
	e.endLines(wishes, now)
	e.vacate(wishes, now)
	e.reserve(wishes, now)
	clear(e.unopened)
	for _, w := range wishes {
		if w.enabled && e.lines[w.key] == nil {
			e.openLine(w, now)
		}
	}
	e.touchPorts(now)
}

// endLines closes the lines that nobody wants. A namesake that has no ssh leaves the port
// to its predecessor's epitaph.
func (e *Engine) endLines(wishes []wish, now time.Time) {
	wished := make(map[string]*wish, len(wishes))
	for i := range wishes {
		wished[wishes[i].key] = &wishes[i]
	}
	for key, l := range e.lines {
		w := wished[key]
		lives := w != nil && w.session.ID == l.session.ID
		switch {
		case w != nil && w.enabled:
			l.ended = time.Time{}
		case !lives && l.ended.IsZero() && e.profileOf(key):
			l.ended = now
			l.point(target{session: l.session, problem: state.Ended(l.session.Name)})
		case lives, now.Sub(l.ended) >= epitaphTime, !e.profileOf(key):
			e.closeLine(key, l, now)
		}
	}
}

// profileOf reports whether the profile of a line is still in the settings.
func (e *Engine) profileOf(key string) bool {
	return e.profiles[profileOfLine(key)] != nil
}

func (e *Engine) closeLine(key string, l *lineState, now time.Time) {
	l.point(target{session: l.session, problem: state.SwitchedOff(l.session.Name)})
	l.close()
	e.work.Go(func() { <-l.done })
	delete(e.lines, key)
	if l.ended.IsZero() { // else its rest has begun
		e.rememberPort(key, l.port, now)
	}
}

// openLine binds the best port that can be bound. With no file handles left, that is
// none, and a later turn is in time.
func (e *Engine) openLine(w wish, now time.Time) {
	listen := e.listen
	if listen == nil {
		listen = listenOn
	}
	for port := range e.portsFor(w, now) {
		ln, err := listen(port)
		switch {
		case err == nil:
			e.lines[w.key] = &lineState{line: openLine(ln, e.hooks(w)), session: w.session}
			e.memory.claim(port, w.key)
			return
		case outOfHandles(err):
			e.unopened[w.key] = err
			return
		}
	}
}

// pointLines leads every line to where its wish is now. It comes after the
// writers, so that a held client finds the new host key pinned.
func (e *Engine) pointLines(wishes []wish) {
	for _, w := range wishes {
		if l := e.lines[w.key]; l != nil && w.enabled {
			l.session, l.alias = w.session, w.alias
			l.point(e.target(w))
		}
	}
}

func (e *Engine) target(w wish) target {
	p := e.profiles[w.profile]
	t := target{session: w.session, profile: w.profile, client: p.client, way: e.wayTo(w, p.client), problem: e.obstacle(w, p)}
	if id := e.memory.Hosts[w.host()].Identity; id != nil {
		t.greeting, t.hostKey = id.Greeting, id.HostKey
	}
	if t.problem == nil && p.doubts[w.session.ID] > 0 {
		t.problem = state.Checking(w.session.Name)
	}
	if t.problem == nil && e.sshState.State == "failed" && !e.ssh.Pins(w.alias, e.memory.Hosts[w.host()].Identity.HostKey) {
		t.problem = state.NotPinned(w.session.Name, e.sshState.Reason)
	}
	return t
}

// obstacle is what stands between a wish and a connection now, or nil. Trouble
// with the manager is none: the dial will meet it, or find it gone.
func (e *Engine) obstacle(w wish, p *profile) *state.Problem {
	id := e.memory.Hosts[w.host()].Identity
	f := e.fetches[w.host()]
	switch {
	case p.client == nil && p.problem != nil:
		return p.problem
	case w.session.Ending():
		return state.Ending(w.session.Name)
	case !w.session.Running():
		return state.NotReady(w.session.Name, w.session.Status)
	case !w.session.HasSSH:
		return state.WithoutSSH(w.session.Name)
	case id != nil && id.Incarnation.Same(w.session.Incarnation()) && !e.fetches[w.mainHost()].awaitsKey():
		return nil
	case f != nil && f.problem != nil:
		return f.problem
	}
	return state.Fetching(w.session.Name)
}
