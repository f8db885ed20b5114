package backendaitest

import "time"

// A TunnelEnd is who ended a tunnel, and how.
type TunnelEnd string

// The ends of tunnels.
const (
	Goodbye  TunnelEnd = "the client's close frame"
	Vanished TunnelEnd = "the client's, without a close frame"
	FarEnd   TunnelEnd = "the ssh server's, the manager's or a fault's"
)

// A TunnelRecord is one tunnel as the manager saw it, or the web server before it.
type TunnelRecord struct {
	Web     bool // at the web server, which has one of its own to the manager
	Session string
	Opened  time.Time
	Ended   time.Time // zero while it is open
	End     TunnelEnd
}

// TunnelLog returns all tunnels since the start, in the order in which they were opened.
func (s *Server) TunnelLog() []TunnelRecord {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := make([]TunnelRecord, len(s.tunnelLog))
	for i, r := range s.tunnelLog {
		all[i] = *r
	}
	return all
}

func (s *Server) noteTunnel(session string, web bool) *TunnelRecord {
	r := &TunnelRecord{Web: web, Session: session, Opened: time.Now()}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tunnelLog = append(s.tunnelLog, r)
	return r
}

// noteEnd notes what ended a tunnel first: the rest follows from it.
func (s *Server) noteEnd(r *TunnelRecord, end TunnelEnd) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if r.End == "" {
		r.End, r.Ended = end, time.Now()
	}
}

// endOfClient is what the end of reading from a client means.
func endOfClient(status int) TunnelEnd {
	if status == -1 {
		return Vanished
	}
	return Goodbye
}
