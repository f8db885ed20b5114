package proxy

import (
	"time"

	"baissh/proxy/state"
)

// A move is a renamed session with all that goes along with it.
type move struct {
	host   string // see hostKey
	now    state.Session
	lines  map[string]*lineState // by container, "" is the main one
	ports  map[string]portMemo   // likewise
	choice *bool                 // nil if there was none
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
		if now, ok := p.seen.sessions[h.Session.ID]; ok && h.Session.Container == "" && now.Name != h.Session.Name {
			moves = append(moves, e.leave(key, h, now))
		}
	}
	for _, m := range moves {
		e.arrive(m)
	}
}

// leave takes a session from its old name. The choice also stays for sessions to come.
func (e *Engine) leave(key string, h remembered, now state.Session) move {
	m := move{host: key, now: now, lines: map[string]*lineState{}, ports: map[string]portMemo{}}
	for _, container := range containers(h.Session) {
		line := containerKey(h.Line, container)
		if memo, ok := e.memory.Ports[line]; ok {
			m.ports[container] = memo
			delete(e.memory.Ports, line)
		}
		if l := e.lines[line]; l != nil {
			m.lines[container] = l
			delete(e.lines, line)
		}
	}
	if choice, ok := e.memory.Choices[lineKey(h.Profile, h.Session.Name)]; ok {
		m.choice = &choice
	}
	h.Session, h.Alias, h.Line = now, "", ""
	e.memory.Hosts[key] = h
	return m
}

// containers are those of a session, as lines are named after them.
func containers(s state.Session) []string {
	hosts := []string{""}
	for _, c := range s.Others {
		hosts = append(hosts, c.Host)
	}
	return hosts
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
	for _, container := range containers(m.now) {
		line := containerKey(h.Line, container)
		if old := e.lines[line]; old != nil {
			e.closeLine(line, old, time.Now())
		}
		if l := m.lines[container]; l != nil {
			e.lines[line] = l
		}
		if memo, ok := m.ports[container]; ok {
			e.memory.leave(e.memory.Ports[line])
			e.memory.Ports[line] = memo
		}
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
