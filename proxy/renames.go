package proxy

import (
	"time"

	"baissh/proxy/state"
)

// A move is a renamed session with all that goes along with it.
type move struct {
	host   string // see hostKey
	now    state.Session
	line   *lineState // nil if it had none
	port   *portMemo  // likewise
	choice *bool      // likewise
}

// followRenames moves the lines, ports and choices of renamed sessions to their new
// names, so that open shells stay. All leave before any arrives: they may have taken
// each other's names.
func (e *Engine) followRenames() {
	var moves []move
	for key, h := range e.memory.Hosts {
		p := e.profiles[h.Profile]
		if p == nil {
			continue
		}
		if now, ok := p.seen.sessions[h.Session.ID]; ok && now.Name != h.Session.Name {
			moves = append(moves, e.leave(key, h, now))
		}
	}
	for _, m := range moves {
		e.arrive(m)
	}
}

// leave takes a session from its old name. The choice also stays for sessions to come.
func (e *Engine) leave(key string, h remembered, now state.Session) move {
	m := move{host: key, now: now}
	if memo, ok := e.memory.Ports[h.Line]; ok {
		m.port = &memo
		delete(e.memory.Ports, h.Line)
	}
	if l := e.lines[h.Line]; l != nil {
		m.line = l
		delete(e.lines, h.Line)
	}
	if choice, ok := e.memory.Choices[lineKey(h.Profile, h.Session.Name)]; ok {
		m.choice = &choice
	}
	h.Session, h.Alias, h.Line = now, "", ""
	e.memory.Hosts[key] = h
	return m
}

// arrive puts a session under its new name. Where another lives under that, it has
// a line beside; what is left of one that has ended makes room.
func (e *Engine) arrive(m move) {
	h := e.memory.Hosts[m.host]
	h.Line = lineKey(h.Profile, m.now.Name)
	if m.choice != nil {
		e.memory.Choices[h.Line] = *m.choice
	}
	if e.lives(h.Line) {
		h.Line = anotherLine(h.Line, m.now.ID)
	}
	if old := e.lines[h.Line]; old != nil {
		e.closeLine(h.Line, old, time.Now())
	}
	if m.line != nil {
		e.lines[h.Line] = m.line
	}
	if m.port != nil {
		e.memory.leave(e.memory.Ports[h.Line])
		e.memory.Ports[h.Line] = *m.port
	}
	e.memory.Hosts[m.host] = h
}

// lives reports whether some session has a line.
func (e *Engine) lives(key string) bool {
	for _, h := range e.memory.Hosts {
		if h.Line == key {
			return true
		}
	}
	return false
}
