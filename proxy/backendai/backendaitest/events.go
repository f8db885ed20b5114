package backendaitest

import (
	"encoding/json"
	"slices"
	"strings"
	"sync"
)

// lostStarts are the events of sessions that some releases never deliver: they
// look the session's id up among those of kernels.
var lostStarts = []string{"session_enqueued", "session_scheduled", "session_started", "session_cancelled"}

// tell sends an event of the session to all streams that may see it.
func (e *Session) tell(name, reason string) {
	dialect := e.server.release.events
	if dialect.losesStarts && slices.Contains(lostStarts, name) {
		return
	}
	fields := e.eventFields(reason)
	if dialect.kernelID {
		fields = append(fields, eventField{"kernelId", e.kernels[0].id})
	}
	e.server.events.send(e.event(name, fields))
}

// tellTransition sends the event of a status, where the release has one for each.
func (e *Session) tellTransition(status string) {
	if e.server.release.events.transitions {
		e.tell("session_"+strings.ToLower(status), "")
	}
}

// tellKernels sends events of each container, one name after the other.
func (e *Session) tellKernels(names ...string) {
	for _, name := range names {
		for _, k := range e.kernels {
			fields := append(e.eventFields(""),
				eventField{"kernelId", k.id}, eventField{"clusterRole", k.role}, eventField{"clusterIdx", k.index})
			e.server.events.send(e.event(name, fields))
		}
	}
}

// tellEnd sends the last event of a session, which some releases do twice.
func (e *Session) tellEnd(reason string) {
	e.tell("session_terminated", reason)
	if e.server.release.events.doubled {
		e.tell("session_terminated", reason)
	}
}

// An eventField is one key of an event's data. Their order is the manager's.
type eventField struct {
	key   string
	value any
}

func (e *Session) eventFields(reason string) []eventField {
	fields := []eventField{
		{"reason", reason},
		{"sessionName", e.Name()},
		{"ownerAccessKey", e.owner.access},
		{"sessionId", e.id},
	}
	if e.server.release.events.exitCode {
		fields = append(fields, eventField{"exitCode", nil})
	}
	return fields
}

// An event is what one frame of a stream tells, and about whom.
type event struct {
	name    string
	session *Session
	data    string
}

func (e *Session) event(name string, fields []eventField) event {
	comma, colon := ", ", ": "
	if e.server.release.events.compact {
		comma, colon = ",", ":"
	}
	var parts []string
	for _, f := range fields {
		parts = append(parts, jsonText(f.key)+colon+jsonText(f.value))
	}
	return event{name: name, session: e, data: "{" + strings.Join(parts, comma) + "}"}
}

func jsonText(value any) string {
	text, err := json.Marshal(value)
	if err != nil {
		panic(err) // only texts and numbers come here
	}
	return string(text)
}

// frame is the event on the wire, with the CRLF of the manager's library.
func (v event) frame() string { return "event: " + v.name + "\r\ndata: " + v.data + "\r\n\r\n" }

// An eventHub passes events on to the streams that are open. The zero value works.
type eventHub struct {
	sync.Mutex // guards what follows
	streams    map[*eventStream]bool
}

// An eventStream holds the events that one listener has not been sent yet.
type eventStream struct {
	wants  func(event) bool
	wake   chan struct{} // holds one wish to look at waiting
	hub    *eventHub
	queued []event // guarded by the hub
}

func (h *eventHub) open(wants func(event) bool) *eventStream {
	h.Lock()
	defer h.Unlock()
	if h.streams == nil {
		h.streams = map[*eventStream]bool{}
	}
	s := &eventStream{wants: wants, wake: make(chan struct{}, 1), hub: h}
	h.streams[s] = true
	return s
}

func (h *eventHub) send(v event) {
	h.Lock()
	defer h.Unlock()
	for s := range h.streams {
		if !s.wants(v) {
			continue
		}
		s.queued = append(s.queued, v)
		select {
		case s.wake <- struct{}{}:
		default:
		}
	}
}

// take returns what is queued, and empties it.
func (s *eventStream) take() []event {
	s.hub.Lock()
	defer s.hub.Unlock()
	queued := s.queued
	s.queued = nil
	return queued
}

func (s *eventStream) close() {
	s.hub.Lock()
	defer s.hub.Unlock()
	delete(s.hub.streams, s)
}

// EventStreams is how many event streams are open.
func (s *Server) EventStreams() int {
	s.events.Lock()
	defer s.events.Unlock()
	return len(s.events.streams)
}
