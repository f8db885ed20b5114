package proxy

import (
	"slices"
	"time"

	"baissh/proxy/state"
)

// memory is what the engine knows after a restart, before the manager has
// answered. It is kept in one file, see save, and holds no secret.
type memory struct {
	Hosts   map[string]remembered `json:"hosts"`   // by hostKey
	Ports   map[string]portMemo   `json:"ports"`   // by line key
	Left    map[int]time.Time     `json:"left"`    // ports that no name has any more, and since when
	Choices map[string]bool       `json:"choices"` // by line key

	saved kept
}

// A remembered host is one whose session has not ended as far as we know. What
// Identity points to is never changed, only replaced.
type remembered struct {
	Profile  string        `json:"profile"`
	Session  state.Session `json:"session"`
	Alias    string        `json:"alias"`
	Line     string        `json:"line,omitempty"` // see lineKey
	Enabled  bool          `json:"enabled,omitempty"`
	Identity *identity     `json:"identity,omitempty"` // nil until it was fetched
}

func newMemory() *memory {
	return &memory{
		Hosts: map[string]remembered{}, Ports: map[string]portMemo{}, Left: map[int]time.Time{}, Choices: map[string]bool{},
	}
}

// nameHosts puts each host under its key: it was the session's id once. An alias that
// is none, as in a damaged file, is forgotten.
func (m *memory) nameHosts() {
	hosts := map[string]remembered{}
	for _, h := range m.Hosts {
		if !state.IsAlias(h.Alias) {
			h.Alias = ""
		}
		hosts[containerKey(hostKey(h.Profile, h.Session.ID), h.Session.Container)] = h
	}
	m.Hosts = hosts
}

// leave has the ports of a memo rest that is no name's any more.
func (m *memory) leave(memo portMemo) {
	for _, port := range memo.ports() {
		m.Left[port] = memo.Used
	}
}

// claim makes a port one name's alone: who had it once does not get it back at the
// next start.
func (m *memory) claim(port int, key string) {
	for other, memo := range m.Ports {
		if other == key || !slices.Contains(memo.ports(), port) {
			continue
		}
		left := slices.DeleteFunc(memo.ports(), func(p int) bool { return p == port })
		if len(left) == 0 {
			delete(m.Ports, other)
			continue
		}
		memo.Port, memo.Spare = left[0], 0
		m.Ports[other] = memo
	}
}

// sessionsOf returns the sessions of a profile by id.
func (m *memory) sessionsOf(profile string) map[string]state.Session {
	sessions := map[string]state.Session{}
	for _, h := range m.Hosts {
		if h.Profile == profile && h.Session.Container == "" {
			sessions[h.Session.ID] = h.Session
		}
	}
	return sessions
}
