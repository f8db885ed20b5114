package proxy

import (
	"cmp"
	"iter"
	"slices"
	"time"
)

// vacate closes the lines that are not where the user fixed theirs, or are where the
// user fixed another's. It waits until nobody is connected who would be cut off.
func (e *Engine) vacate(wishes []wish, now time.Time) {
	fixed := map[string]int{} // ports by line key
	owner := map[int]string{} // of two with one port it is the first
	for _, w := range wishes {
		if port := w.fixedPort(); w.enabled && port != 0 {
			fixed[w.key] = port
			owner[port] = cmp.Or(owner[port], w.key)
		}
	}
	for key, l := range e.lines {
		misplaced := fixed[key] != 0 && fixed[key] != l.port || owner[l.port] != "" && owner[l.port] != key
		if misplaced && l.tunnel.Connections() == 0 {
			e.closeLine(key, l, now)
		}
	}
}

// reserve keeps the ports of names that live from the others that get theirs in the
// same turn, as all do at the start: touchPorts may have noted them up to an hour ago.
func (e *Engine) reserve(wishes []wish, now time.Time) {
	for _, w := range wishes {
		memo, known := e.memory.Ports[w.key]
		if known && w.enabled && e.lines[w.key] == nil && now.Sub(memo.Used) >= preferredRest {
			memo.Used = now.Truncate(time.Second).UTC()
			e.memory.Ports[w.key] = memo
		}
	}
}

// portsFor returns the ports to try. A port that the user fixed is the only one.
func (e *Engine) portsFor(w wish, now time.Time) iter.Seq[int] {
	if port := w.fixedPort(); port != 0 {
		return slices.Values([]int{port})
	}
	held := e.fixedPorts()
	for _, l := range e.lines {
		held[l.port] = true
	}
	return portPicker{
		preferred: e.settings.PreferredPort, low: e.settings.PortRange[0], high: e.settings.PortRange[1],
		memos: e.memory.Ports, left: e.memory.Left, now: now,
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
	memo, before := e.memory.Ports[key], e.memory.Ports[key]
	low, high := e.settings.PortRange[0], e.settings.PortRange[1]
	switch {
	case memo.Port < low || memo.Port > high || memo.Port == port || e.fixedPorts()[port]:
		memo.Port, memo.Spare = port, 0
	default:
		memo.Spare = port
	}
	memo.Used = used.Truncate(time.Second).UTC()
	e.memory.Ports[key] = memo
	for _, port := range before.ports() {
		if !slices.Contains(memo.ports(), port) {
			e.memory.Left[port] = memo.Used
		}
	}
}
