package proxy

import (
	"iter"
	"slices"
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
func (e *Engine) keepLines(wishes []wish) {
	wanted := map[string]bool{}
	known := map[string]bool{}
	for _, w := range wishes {
		wanted[w.key] = w.enabled
		known[w.key] = true
	}
	now := time.Now()
	for key, l := range e.lines {
		switch {
		case wanted[key]:
			l.ended = time.Time{}
			continue
		case !known[key] && l.ended.IsZero() && e.profileOf(key):
			l.ended = now
			l.point(target{session: l.session, problem: state.Ended(l.session.Name)})
		case known[key], now.Sub(l.ended) > epitaphTime, !e.profileOf(key):
			e.closeLine(key, l)
		}
	}
	for _, w := range wishes {
		if l := e.lines[w.key]; w.enabled && l != nil && l.misplaced(w) {
			e.closeLine(w.key, l)
		}
		if w.enabled && e.lines[w.key] == nil {
			e.openLine(w)
		}
	}
	e.touchPorts(now)
}

// profileOf reports whether the profile of a line is still in the settings.
func (e *Engine) profileOf(key string) bool {
	return e.profiles[profileOfLine(key)] != nil
}

// misplaced reports whether the user fixed another port, and nobody is connected
// who would be cut off by the move.
func (l *lineState) misplaced(w wish) bool {
	return w.fixedPort() != 0 && w.fixedPort() != l.port && l.tunnel.Connections() == 0
}

func (e *Engine) closeLine(key string, l *lineState) {
	l.point(target{session: l.session, problem: state.SwitchedOff(l.session.Name)})
	l.close()
	e.work.Go(func() { <-l.done })
	delete(e.lines, key)
	e.rememberPort(key, l.port, time.Now())
}

// openLine binds the best port that can be bound.
func (e *Engine) openLine(w wish) {
	for port := range e.portsFor(w) {
		if l, err := openLine(port, e.hooks(w)); err == nil {
			e.lines[w.key] = &lineState{line: l, session: w.session}
			return
		}
	}
}

// portsFor returns the ports to try. A port that the user fixed is the only one.
func (e *Engine) portsFor(w wish) iter.Seq[int] {
	if port := w.fixedPort(); port != 0 {
		return slices.Values([]int{port})
	}
	held := e.fixedPorts()
	for _, l := range e.lines {
		held[l.port] = true
	}
	return portPicker{
		preferred: e.settings.PreferredPort, low: e.settings.PortRange[0], high: e.settings.PortRange[1],
		memos: e.memory.Ports, now: time.Now(),
	}.candidates(w.key, held)
}

// fixedPorts are those that the user keeps for sessions of some name.
func (e *Engine) fixedPorts() map[int]bool {
	fixed := map[int]bool{}
	for _, p := range e.settings.Profiles {
		for _, s := range p.Sessions {
			fixed[s.Port] = true
		}
	}
	return fixed
}

// touchPorts remembers the ports of living lines. The time is kept to the hour,
// so that remembering does not write the state file every turn.
func (e *Engine) touchPorts(now time.Time) {
	for key, l := range e.lines {
		memo := e.memory.Ports[key]
		if l.ended.IsZero() && (memo.Port != l.port && memo.Spare != l.port || now.Sub(memo.Used) > time.Hour) {
			e.rememberPort(key, l.port, now)
		}
		if !l.ended.IsZero() && memo.Used.Before(l.ended) {
			e.rememberPort(key, l.port, l.ended)
		}
	}
}

// rememberPort keeps the port that a name once had as its own, even if another
// program has it now: the name gets it back.
func (e *Engine) rememberPort(key string, port int, used time.Time) {
	memo := e.memory.Ports[key]
	low, high := e.settings.PortRange[0], e.settings.PortRange[1]
	switch {
	case memo.Port < low || memo.Port > high || memo.Port == port || e.fixedPorts()[port]:
		memo.Port, memo.Spare = port, 0
	default:
		memo.Spare = port
	}
	memo.Used = used.Truncate(time.Second).UTC()
	e.memory.Ports[key] = memo
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
	t := target{session: w.session, profile: w.profile, client: p.client, problem: e.obstacle(w, p)}
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
	case !w.session.Running():
		return state.NotReady(w.session.Name, w.session.Status)
	case !w.session.HasSSH:
		return state.WithoutSSH(w.session.Name)
	case id != nil && id.Incarnation.Same(w.session.Incarnation()):
		return nil
	case f != nil && f.problem != nil:
		return f.problem
	}
	return state.Fetching(w.session.Name)
}
