package proxy

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"

	"baissh/proxy/atomicfile"
	"baissh/proxy/state"
)

// memory is what the engine knows after a restart, before the manager has
// answered. It is kept in one file, written whole, and holds no secret.
type memory struct {
	Hosts   map[string]remembered `json:"hosts"`   // by session id
	Ports   map[string]portMemo   `json:"ports"`   // by line key
	Choices map[string]bool       `json:"choices"` // by line key

	saved kept
}

// kept is what a save found in the file, with nothing to write. A thousand hosts are
// not spelled out again for each turn in which none of them has changed.
type kept struct {
	hosts   map[string]remembered
	ports   map[string]portMemo
	choices map[string]bool
	seal    atomicfile.Seal
}

// A remembered host is one whose session has not ended as far as we know. What
// Identity points to is never changed, only replaced.
type remembered struct {
	Profile  string        `json:"profile"`
	Session  state.Session `json:"session"`
	Alias    string        `json:"alias"`
	Identity *identity     `json:"identity,omitempty"` // nil until it was fetched
}

func newMemory() *memory {
	return &memory{Hosts: map[string]remembered{}, Ports: map[string]portMemo{}, Choices: map[string]bool{}}
}

// loadMemory reads the state file. A damaged one is moved aside and said, and the one
// before it is taken: choices and ports of before cannot be found out again.
func loadMemory(path string) (m *memory, notice string, err error) {
	m, err = readMemory(path)
	if !errors.Is(err, errDamaged) {
		return m, "", err
	}
	aside := path + ".damaged"
	if err := os.Rename(path, aside); err != nil {
		return nil, "", fmt.Errorf("move the damaged state file aside: %w", err)
	}
	before := pathBefore(path)
	if m, err := readMemory(before); err == nil && exists(before) {
		return m, restoredNotice(aside), nil
	}
	return newMemory(), damagedNotice(aside), nil
}

// pathBefore is where the content from before the last change is.
func pathBefore(path string) string { return path + ".before" }

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

var errDamaged = errors.New("it is damaged")

func readMemory(path string) (*memory, error) {
	m := newMemory()
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return m, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read what was remembered: %w", err)
	}
	if json.Unmarshal(text, m) == nil && m.Hosts != nil && m.Ports != nil && m.Choices != nil {
		return m, nil
	}
	return nil, errDamaged
}

// save writes the memory if it differs from what the file holds.
func (m *memory) save(path string) error {
	forgetOldest(m.Ports)
	if m.saved.still(m) {
		return nil
	}
	seal := atomicfile.SealFiles(path)
	changed, err := m.write(path)
	if err != nil {
		return fmt.Errorf("remember: %w", err)
	}
	if !changed {
		m.saved = kept{maps.Clone(m.Hosts), maps.Clone(m.Ports), maps.Clone(m.Choices), seal}
	}
	return nil
}

func (m *memory) write(path string) (changed bool, err error) {
	text, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return false, err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return false, err
	}
	text = append(text, '\n')
	if old, err := os.ReadFile(path); err == nil && !bytes.Equal(old, text) {
		keepBefore(path)
	}
	return atomicfile.WriteFileIfChanged(path, text, 0o600)
}

func (k *kept) still(m *memory) bool {
	return maps.EqualFunc(k.hosts, m.Hosts, remembered.same) && maps.Equal(k.ports, m.Ports) &&
		maps.Equal(k.choices, m.Choices) && k.seal.Unbroken()
}

func (h remembered) same(other remembered) bool {
	h.Session.Idle, other.Session.Idle = nil, nil // news, and not remembered
	return h == other
}

// keepBefore gives the file a second name, under which it stays when it is replaced.
// A disk that has no second names does without.
func keepBefore(path string) {
	_ = os.Remove(pathBefore(path))
	_ = os.Link(path, pathBefore(path))
}

// sessionsOf returns the sessions of a profile by id.
func (m *memory) sessionsOf(profile string) map[string]state.Session {
	sessions := map[string]state.Session{}
	for id, h := range m.Hosts {
		if h.Profile == profile {
			sessions[id] = h.Session
		}
	}
	return sessions
}
