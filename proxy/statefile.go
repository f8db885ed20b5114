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
	"reflect"
	"time"

	"baissh/proxy/atomicfile"
)

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
	if json.Unmarshal(text, m) == nil && m.Hosts != nil && m.Ports != nil && m.Left != nil && m.Choices != nil {
		m.nameHosts()
		return m, nil
	}
	return nil, errDamaged
}

// save writes the memory if it differs from what the file holds.
func (m *memory) save(path string) error {
	forgetOldest(m.Ports)
	maps.DeleteFunc(m.Left, func(_ int, since time.Time) bool { return time.Since(since) >= portRest })
	if m.saved.still(m) {
		return nil
	}
	seal := atomicfile.SealFiles(path)
	changed, err := m.write(path)
	if err != nil {
		return fmt.Errorf("remember: %w", err)
	}
	if !changed {
		m.saved = kept{maps.Clone(m.Hosts), maps.Clone(m.Ports), maps.Clone(m.Left), maps.Clone(m.Choices), seal}
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

// keepBefore gives the file a second name, under which it stays when it is replaced.
// A disk that has no second names does without.
func keepBefore(path string) {
	_ = os.Remove(pathBefore(path))
	_ = os.Link(path, pathBefore(path))
}

// kept is what a save found in the file, with nothing to write. A thousand hosts are
// not spelled out again for each turn in which none of them has changed.
type kept struct {
	hosts   map[string]remembered
	ports   map[string]portMemo
	left    map[int]time.Time
	choices map[string]bool
	seal    atomicfile.Seal
}

func (k *kept) still(m *memory) bool {
	return maps.EqualFunc(k.hosts, m.Hosts, remembered.same) && maps.Equal(k.ports, m.Ports) &&
		maps.Equal(k.left, m.Left) && maps.Equal(k.choices, m.Choices) && k.seal.Unbroken()
}

func (h remembered) same(other remembered) bool {
	h.Session.Idle, other.Session.Idle = nil, nil // news, and not remembered
	return h.Line == other.Line && h.Alias == other.Alias && h.Enabled == other.Enabled && h.Profile == other.Profile &&
		h.Identity == other.Identity && reflect.DeepEqual(h.Session, other.Session)
}
