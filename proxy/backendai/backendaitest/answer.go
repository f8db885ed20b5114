package backendaitest

import (
	"net/http"
	"strings"
	"time"
)

// A handler answers one kind of request, or refuses it.
type handler func(c *call) *problem

// A call is one request on its way.
type call struct {
	server *Server
	w      *answerWriter
	r      *http.Request
	part   string   // what {s} in the route matched
	who    *keyPair // nil on public routes
	fault  Fault    // of a kind that the handler plays itself; zero if none
}

// answer is the outermost handler, in the manager's order: version, route,
// credentials, rate, and then what was asked.
func (s *Server) answer(w http.ResponseWriter, r *http.Request) {
	record := s.record(r, false)
	defer s.recordEnd(record)
	c := &call{server: s, r: r, w: &answerWriter{ResponseWriter: w, server: s, record: record}}
	c.w.Header().Set("Date", s.now().Format(http.TimeFormat))
	c.w.Header().Set("Server", "BackendAI")
	if p := s.dispatch(c); p != nil {
		s.writeProblem(c.w, p)
	}
	if fault := c.w.spoil; fault != nil {
		c.spoilBody(*fault, c.w.ResponseWriter, c.w.record.Status, c.w.kept.Bytes())
	}
}

func (s *Server) dispatch(c *call) *problem {
	route, part, p := findRoute(c.r.Method, c.r.URL.EscapedPath())
	c.part = part
	if done := s.playFault(c, route); done {
		return nil
	}
	if p := s.checkVersion(c.r); p != nil {
		return p
	}
	if p != nil {
		return p
	}
	if p := s.admit(c, route); p != nil {
		return p
	}
	return route.handle(c)
}

// admit checks who asks, unless anybody may.
func (s *Server) admit(c *call, route *route) *problem {
	if route.public {
		return nil
	}
	pair, p := s.authenticate(c.r)
	if p != nil {
		return p
	}
	c.who = pair
	s.nameCaller(c.w.record, pair)
	return s.checkRate(c)
}

// now is the manager's time.
func (s *Server) now() time.Time { return time.Now().UTC().Add(s.options.ClockSkew) }

// A route is one row of the manager's table of addresses.
type route struct {
	method   string
	path     []string // "{s}" stands for a session
	endpoint Endpoint
	public   bool
	handle   handler
}

func at(method, path string, endpoint Endpoint, handle handler) *route {
	return &route{method: method, path: strings.Split(path, "/"), endpoint: endpoint, handle: handle}
}

func public(r *route) *route {
	r.public = true
	return r
}

// findRoute returns a route of the path even where the method is wrong, for
// faults to know which endpoint was meant.
func findRoute(method, path string) (*route, string, *problem) {
	var near *route
	var nearPart string
	for _, candidate := range routes {
		part, ok := candidate.match(path)
		if ok && candidate.method == method {
			return candidate, part, nil
		}
		if ok {
			near, nearPart = candidate, part
		}
	}
	if near != nil {
		return near, nearPart, wrongMethod()
	}
	p := refuse(http.StatusNotFound, "url-not-found", "Unknown URL path.")
	p.Data = path
	return &route{endpoint: Anywhere}, "", p
}

func (r *route) match(path string) (part string, ok bool) {
	pieces := strings.Split(path, "/")
	if len(pieces) != len(r.path) {
		return "", false
	}
	for i, piece := range pieces {
		if r.path[i] == "{s}" && piece != "" {
			part = unescape(piece)
		} else if r.path[i] != piece {
			return "", false
		}
	}
	return part, true
}
