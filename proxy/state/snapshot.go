package state

import (
	"slices"
	"time"
)

// A Snapshot is all that faces may show. The engine publishes a new one, with a
// higher Index, whenever anything in it changes.
type Snapshot struct {
	Index    uint64    `json:"index"`
	Version  string    `json:"version"`
	Started  time.Time `json:"started"`
	Policy   Policy    `json:"policy"`
	Profiles []Profile `json:"profiles"`
	Hosts    []Host    `json:"hosts"`
	Writers  []Writer  `json:"writers"`
	Notices  []string  `json:"notices,omitempty"` // settings that were refused, a cap that was met
}

// A Policy says which sessions are enabled without being asked for by name.
type Policy string

// The policies.
const (
	Auto   Policy = "auto"   // the user's interactive sessions, as they appear
	Manual Policy = "manual" // none
)

// A Profile is one login to one endpoint.
type Profile struct {
	Name     string    `json:"name"`
	Endpoint string    `json:"endpoint"`
	Manager  string    `json:"manager,omitempty"` // the server's release, once it has said
	State    string    `json:"state"`             // connecting, connected, unreachable, signed-out
	Reason   string    `json:"reason"`
	Hint     string    `json:"hint,omitempty"`
	NextTry  time.Time `json:"next_try,omitzero"` // set while waiting after a failure

	Web       bool      `json:"web,omitempty"`       // it is signed in at a web server, whose logins end
	LoginEnds time.Time `json:"login_ends,omitzero"` // and when that is, if it is known
}

// A Writer is what became of another program's files.
type Writer struct {
	Name   string `json:"name"`
	State  string `json:"state"` // written, off, waiting, failed
	Reason string `json:"reason"`
	Hint   string `json:"hint,omitempty"`
}

// SSHIncluded reports whether ssh's own configuration leads to our hosts, so that
// "ssh ALIAS" is enough.
func (s *Snapshot) SSHIncluded() bool {
	return slices.ContainsFunc(s.Writers, func(w Writer) bool {
		return w.Name == "ssh" && w.State == "written" && w.Reason == ""
	})
}

// Host returns the host that answers to word: an alias, a session's UUID, or a
// session name that only one host has. Those whose session is no more come last.
func (s *Snapshot) Host(word string) (Host, bool) {
	if h, ok := hostIn(s.Hosts, word, false); ok {
		return h, true
	}
	return hostIn(s.Hosts, word, true)
}

func hostIn(hosts []Host, word string, over bool) (Host, bool) {
	var named []Host
	for _, h := range hosts {
		switch {
		case (h.State == Over) != over:
		case h.Alias == word || h.SessionID == word:
			return h, true
		case h.Name == word:
			named = append(named, h)
		}
	}
	if len(named) == 1 {
		return named[0], true
	}
	return Host{}, false
}
