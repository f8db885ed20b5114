package backendaitest

import (
	"io"
	"net/http"
	"slices"
	"strings"
	"time"
)

// An Endpoint is a kind of request, for faults to be limited to.
type Endpoint string

// The endpoints.
const (
	Anywhere    Endpoint = ""
	Hello       Endpoint = "hello"
	Auth        Endpoint = "auth" // POST /auth and /auth/ssh-keypair
	List        Endpoint = "list"
	SessionInfo Endpoint = "session" // GET /session/{s}, and what changes sessions
	Events      Endpoint = "events"
	Apps        Endpoint = "apps"
	Download    Endpoint = "download"
	Tunnel      Endpoint = "tcpproxy"
)

// A FaultKind is one way to go wrong.
type FaultKind string

// Faults of any endpoint.
const (
	Hang          FaultKind = "hang"           // no answer, ever
	Refuse        FaultKind = "refuse"         // a problem with Status and Slug; 500 internal-server-error if empty
	HTMLPage      FaultKind = "html page"      // what a gateway says; Status, 502 if zero
	TruncatedBody FaultKind = "truncated body" // the connection ends halfway
	HalfBody      FaultKind = "half body"      // half of it, as if that were all
	EndlessBody   FaultKind = "endless body"   // it never stops
	SlowBody      FaultKind = "slow body"      // a byte each Delay; 100 ms if zero
	WrongTypes    FaultKind = "wrong types"    // JSON with other types than expected
	DropCall      FaultKind = "drop call"      // the connection ends without an answer
)

// Faults of tunnels. Those that end one do so After so many bytes for the client,
// or Delay after the 101, or else at once.
const (
	DeadAgent    FaultKind = "dead agent"    // before the 101, as the release has it
	BusyAgent    FaultKind = "busy agent"    // tunnels open one by one, a second each if Delay is zero
	SilentTunnel FaultKind = "silent tunnel" // 101, and then nothing
	RefuseSSH    FaultKind = "refuse ssh"    // 101, and close 1013: nobody listens in the container
	LeadAstray   FaultKind = "lead astray"   // to the ssh server of another session, To
	GoingAway    FaultKind = "going away"    // close 1001
	DropTunnel   FaultKind = "drop tunnel"   // the end of TCP, and no close frame
	ResetTunnel  FaultKind = "reset tunnel"  // a TCP reset
	NotSSH       FaultKind = "not ssh"       // 101, and a web page
	Stall        FaultKind = "stall"         // nothing passes any more, not even the end, though pings are answered
)

// Faults of event streams.
const (
	SilentStream FaultKind = "silent stream" // no events and no pings
	EndStream    FaultKind = "end stream"    // a proper end
	CutStream    FaultKind = "cut stream"    // the chunked body breaks off
)

// A Fault is what goes wrong, where, for whom and how often.
type Fault struct {
	At      Endpoint
	Kind    FaultKind
	Session *Session // only requests for this session; nil is all
	To      *Session
	Times   int // 0 is until undone
	Status  int
	Slug    string
	After   int64
	Delay   time.Duration
}

type injected struct {
	Fault
	left int // 0 once used up, negative without limit
}

// Inject makes requests go wrong from now on, until undo is called or the fault
// has happened Times times. Of several that match, the newest happens.
func (s *Server) Inject(fault Fault) (undo func()) {
	f := &injected{Fault: fault, left: fault.Times}
	if fault.Times == 0 {
		f.left = -1
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = append(s.faults, f)
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.faults = slices.DeleteFunc(s.faults, func(other *injected) bool { return other == f })
	}
}

// takeFault returns the fault that happens to this call, if any, and counts it.
func (s *Server) takeFault(endpoint Endpoint, part string) (Fault, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, f := range slices.Backward(s.faults) {
		if f.left == 0 || f.At != Anywhere && f.At != endpoint || !f.concerns(part) || !f.fits(endpoint) {
			continue
		}
		f.left--
		return f.Fault, true
	}
	return Fault{}, false
}

func (f *injected) concerns(part string) bool {
	return f.Session == nil || f.Session.name == part || strings.EqualFold(f.Session.id, part)
}

// fits keeps faults of tunnels and streams away from other endpoints.
func (f *injected) fits(endpoint Endpoint) bool {
	switch f.Kind {
	case DeadAgent, BusyAgent, SilentTunnel, RefuseSSH, LeadAstray, GoingAway, DropTunnel, ResetTunnel, NotSSH, Stall:
		return endpoint == Tunnel
	case SilentStream, EndStream, CutStream:
		return endpoint == Events
	}
	return true
}

// playFault plays a fault in the place of an answer, or leaves it to the handler.
func (s *Server) playFault(c *call, route *route) (done bool) {
	fault, found := s.takeFault(route.endpoint, c.part)
	if !found {
		return false
	}
	switch fault.Kind {
	case Hang:
		io.Copy(io.Discard, c.r.Body) // a client that leaves is noticed only after its body
		<-c.r.Context().Done()
		panic(http.ErrAbortHandler)
	case DropCall:
		panic(http.ErrAbortHandler)
	case Refuse:
		orElse(&fault.Status, http.StatusInternalServerError)
		orElse(&fault.Slug, "internal-server-error")
		s.writeProblem(c.w, refuse(fault.Status, fault.Slug, "An injected fault."))
	case HTMLPage:
		c.writePage(fault.Status)
	case TruncatedBody, HalfBody, EndlessBody, SlowBody, WrongTypes:
		c.w.spoil = &fault
		return false
	default:
		c.fault = fault
		return false
	}
	return true
}

func (c *call) writePage(status int) {
	orElse(&status, http.StatusBadGateway)
	c.w.Header().Set("Content-Type", "text/html")
	c.w.WriteHeader(status)
	c.w.Write([]byte(gatewayPage))
}

const gatewayPage = "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n" +
	"<center><h1>502 Bad Gateway</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n"
