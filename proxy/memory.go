package proxy

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"time"

	"baissh/proxy/atomicfile"
	"baissh/proxy/state"
)

// memory is what the engine knows after a restart, before the manager has
// answered. It is kept in one file, written whole, and holds no secret.
type memory struct {
	Hosts   map[string]remembered `json:"hosts"`   // by hostKey
	Ports   map[string]portMemo   `json:"ports"`   // by line key
	Left    map[int]time.Time     `json:"left"`    // ports that no name has any more, and since when
	Choices map[string]bool       `json:"choices"` // by line key
}

// A remembered host is one whose session has not ended as far as we know.
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

// loadMemory reads the state file. A damaged one is moved aside and said, since
// all it holds can be found out again but for the choices and old ports.
func loadMemory(path string) (m *memory, notice string, err error) {
	m = newMemory()
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return m, "", nil
	}
	if err != nil {
		return nil, "", fmt.Errorf("read what was remembered: %w", err)
	}
	if json.Unmarshal(text, m) == nil && m.Hosts != nil && m.Ports != nil && m.Left != nil && m.Choices != nil {
		m.nameHosts()
		return m, "", nil
	}
	aside := path + ".damaged"
	if err := os.Rename(path, aside); err != nil {
		return nil, "", fmt.Errorf("move the damaged state file aside: %w", err)
	}
	return newMemory(), damagedNotice(aside), nil
}

// nameHosts puts each host under its key: it was the session's id once.
func (m *memory) nameHosts() {
	hosts := map[string]remembered{}
	for _, h := range m.Hosts {
		hosts[hostKey(h.Profile, h.Session.ID)] = h
	}
	m.Hosts = hosts
}

// save writes the memory if it differs from what the file holds.
func (m *memory) save(path string) error {
	forgetOldest(m.Ports)
	maps.DeleteFunc(m.Left, func(_ int, since time.Time) bool { return time.Since(since) >= portRest })
	text, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return fmt.Errorf("remember: %w", err)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fmt.Errorf("remember: %w", err)
	}
	if _, err := atomicfile.WriteFileIfChanged(path, append(text, '\n'), 0o600); err != nil {
		return fmt.Errorf("remember: %w", err)
	}
	return nil
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
		if h.Profile == profile {
			sessions[h.Session.ID] = h.Session
		}
	}
	return sessions
}
