package backendaitest

import (
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// streamEvents answers with an event stream that goes on until either side ends it.
func (c *call) streamEvents() *problem {
	wants, p := c.eventFilter()
	if p != nil {
		return p
	}
	stream := c.server.events.open(wants)
	defer stream.close()
	defer c.server.watch.wake()
	c.openStream()
	c.server.watch.wake()
	c.follow(stream)
	return nil
}

func (c *call) openStream() {
	h := c.w.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("Cache-Control", "no-cache")
	h.Set("X-Accel-Buffering", "no")
	c.w.WriteHeader(http.StatusOK)
	http.NewResponseController(c.w).Flush()
}

// follow sends events and pings until the client leaves, the manager stops or
// the call's fault ends it.
func (c *call) follow(stream *eventStream) {
	ping := time.NewTicker(c.server.options.PingInterval)
	defer ping.Stop()
	fault := c.streamFault()
	for {
		select {
		case <-stream.wake:
			for _, v := range stream.take() {
				c.streamText(v.frame())
			}
		case <-ping.C:
			c.streamText(": ping\r\n\r\n")
		case <-fault:
			if c.fault.Kind == CutStream {
				panic(http.ErrAbortHandler)
			}
			return
		case <-c.r.Context().Done():
			if c.server.release.events.cutAtShutdown {
				panic(http.ErrAbortHandler)
			}
			return
		}
	}
}

// streamFault comes when the stream is to end, or never.
func (c *call) streamFault() <-chan time.Time {
	switch c.fault.Kind {
	case EndStream, CutStream:
		return time.After(c.fault.Delay)
	}
	return nil
}

func (c *call) streamText(text string) {
	if c.fault.Kind == SilentStream {
		return
	}
	io.WriteString(c.w, text)
	http.NewResponseController(c.w).Flush()
}

// eventKeys are the parameters of a stream, aliases included.
var eventKeys = []string{"sessionName", "name", "ownerAccessKey", "sessionId", "group", "groupName", "scope"}

// eventFilter reads the parameters, and decides what the caller may see.
func (c *call) eventFilter() (func(event) bool, *problem) {
	query := c.r.URL.Query()
	if p := c.checkQuery(query, eventKeys...); p != nil {
		return nil, p
	}
	name, id := c.parameter("sessionName", "name"), query.Get("sessionId")
	owner, scope := query.Get("ownerAccessKey"), query.Get("scope")
	named := name != "" && name != "*"
	switch {
	case scope != "" && scope != "*" && scope != "session" && scope != "kernel":
		return nil, invalidParams("scope: not one of *, session, kernel")
	case owner != "" && owner != c.who.access && c.who.owner.Role == "user":
		return nil, refuse(http.StatusForbidden, "generic-forbidden", "Forbidden operation.")
	case named && c.server.release.events.wantsLiveSession && !c.server.hasLive(name):
		return nil, refuse(http.StatusNotFound, "entity-not-found", "No such session.")
	}
	if c.server.release.events.ignoresSession && !named {
		id = ""
	}
	return func(v event) bool {
		return c.maySee(v.session) &&
			(!named || v.session.Name() == name) &&
			(id == "" || v.session.id == id) &&
			(scope == "" || scope == "*" || strings.HasPrefix(v.name, scope+"_"))
	}, nil
}

// maySee is true of one's own sessions, and for administrators of all.
func (c *call) maySee(session *Session) bool {
	return c.who.owner.Role != "user" || session.owner.owner == c.who.owner
}

func (s *Server) hasLive(name string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.ContainsFunc(s.sessions, func(e *Session) bool { return e.name == name && !e.gone() })
}

// checkQuery refuses unknown parameters, where the release does.
func (c *call) checkQuery(query url.Values, known ...string) *problem {
	for key := range query {
		if c.server.release.strictQuery && !slices.Contains(known, key) {
			return invalidParams(key + ": is not allowed key")
		}
	}
	return nil
}

// parameter returns what the query has by the name, or by an older one where the
// release still knows that.
func (c *call) parameter(name, alias string) string {
	query := c.r.URL.Query()
	if query.Has(name) || !c.server.release.queryAliases {
		return query.Get(name)
	}
	return query.Get(alias)
}
