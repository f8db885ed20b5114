package backendaitest

import (
	"bytes"
	"context"
	"net/http"
	"path"
	"strings"
	"sync"
	"time"
)

// A Request is one call as the manager saw it. It holds no secrets.
type Request struct {
	Time      time.Time
	Method    string
	Target    string // path and query
	Web       bool   // at the web server, which asks the manager in the user's name
	UserAgent string
	AccessKey string    // who signed it; empty unless the signature was good
	Status    int       // of the answer; 0 while there is none
	Ended     time.Time // when all of the answer was sent; zero before
}

// Path is the target without its query.
func (r Request) Path() string {
	before, _, _ := strings.Cut(r.Target, "?")
	return before
}

// Requests returns all calls since the start, in the order of their arrival.
func (s *Server) Requests() []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := make([]Request, len(s.requests))
	for i, r := range s.requests {
		all[i] = *r
	}
	return all
}

// Count counts the calls that match a pattern such as
// "GET /stream/session/*/tcpproxy": "*" is one part of a path, or any method.
func (s *Server) Count(pattern string) int {
	method, pathPattern, found := strings.Cut(pattern, " ")
	if !found {
		method, pathPattern = "*", pattern
	}
	n := 0
	for _, r := range s.Requests() {
		if ok, _ := path.Match(pathPattern, r.Path()); ok && (method == "*" || method == r.Method) {
			n++
		}
	}
	return n
}

func (s *Server) record(r *http.Request, web bool) *Request {
	record := &Request{Time: time.Now(), Method: r.Method, Target: r.RequestURI, Web: web, UserAgent: r.UserAgent()}
	s.mu.Lock()
	s.requests = append(s.requests, record)
	s.mu.Unlock()
	s.watch.wake()
	return record
}

func (s *Server) recordEnd(record *Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	record.Ended = time.Now()
}

func (s *Server) nameCaller(record *Request, pair *keyPair) {
	s.mu.Lock()
	defer s.mu.Unlock()
	record.AccessKey = pair.access
}

// answerWriter notes the status, and adds headers that depend on it.
type answerWriter struct {
	http.ResponseWriter
	server *Server
	record *Request
	rate   *rateHeaders
	wrote  bool

	spoil *Fault       // what to do to the body in the end
	kept  bytes.Buffer // the body until then
}

// Unwrap lets net/http and websocket reach the connection.
func (w *answerWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func (w *answerWriter) WriteHeader(status int) {
	if !w.wrote {
		w.wrote = true
		w.rate.addTo(w.Header(), status)
		w.server.mu.Lock()
		w.record.Status = status
		w.server.mu.Unlock()
		w.server.watch.wake()
	}
	if w.spoil == nil {
		w.ResponseWriter.WriteHeader(status)
	}
}

func (w *answerWriter) Write(p []byte) (int, error) {
	if !w.wrote {
		w.WriteHeader(http.StatusOK)
	}
	if w.spoil != nil {
		return w.kept.Write(p)
	}
	return w.ResponseWriter.Write(p)
}

// Wait returns once the condition holds, or with the context's error. The
// condition is tried whenever something happened to the server, and now and
// then besides, since it may ask about other things too.
func (s *Server) Wait(ctx context.Context, condition func() bool) error {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		changed := s.watch.next()
		if condition() {
			return nil
		}
		select {
		case <-changed:
		case <-tick.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// watchers are woken all at once, by closing a channel.
type watchers struct {
	sync.Mutex
	changed chan struct{}
}

func (w *watchers) next() <-chan struct{} {
	w.Lock()
	defer w.Unlock()
	if w.changed == nil {
		w.changed = make(chan struct{})
	}
	return w.changed
}

func (w *watchers) wake() {
	w.Lock()
	defer w.Unlock()
	if w.changed != nil {
		close(w.changed)
		w.changed = nil
	}
}
