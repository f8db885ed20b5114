package sshconfig

import (
	"bytes"
	"context"

	"baissh/proxy/state"
)

// A Change is a file as it is and as Write would leave it.
type Change struct {
	Path     string
	Old, New []byte
}

// Preview returns what Write would change, and changes nothing. The error says
// what Write would leave out or not do; the changes are right beside it.
func (w *Writer) Preview(ctx context.Context, entries []state.Entry) ([]Change, error) {
	if w.Mode == Off {
		return nil, nil
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.found = w.programs()
	text, left := Render(w.Dir, entries, w.options(ctx))
	if text == nil {
		return nil, left
	}
	changes := w.change(nil, w.Dir.KnownHosts(), KnownHosts(entries))
	changes = w.change(changes, w.Dir.BaiConfig(), text)
	if w.Mode != Include {
		return changes, left
	}
	old, err := readConfig(w.Dir.Config())
	if err != nil {
		return changes, err
	}
	config, err := w.decide(old)
	if err != nil {
		return changes, err
	}
	return w.change(changes, w.Dir.Config(), config), left
}

// change adds a file if its text would be another. One that cannot be read is
// shown as new.
func (w *Writer) change(list []Change, path string, text []byte) []Change {
	old, err := readConfig(path)
	if err == nil && bytes.Equal(old, text) {
		return list
	}
	return append(list, Change{Path: path, Old: old, New: text})
}
