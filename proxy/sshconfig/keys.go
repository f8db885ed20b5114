package sshconfig

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strings"

	"baissh/proxy/atomicfile"
	"baissh/proxy/state"
)

// WriteKey keeps the private key of one alias where only the user can read it,
// and returns its path. Line ends become LF and the last line gets one: OpenSSH
// does not load its own format otherwise. A mode that is too open is repaired.
// It works in every mode, since other programs use the keys too.
func (w *Writer) WriteKey(alias string, key []byte) (path string, err error) {
	if !state.IsAlias(alias) {
		return "", fmt.Errorf("write key of %q: not a plain alias", state.Printable(alias))
	}
	key = append(bytes.TrimSpace(bytes.ReplaceAll(key, []byte("\r\n"), []byte("\n"))), '\n')
	if len(key) == 1 {
		return "", fmt.Errorf("write key of %q: it is empty", alias)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if err := w.makeFolders(); err != nil {
		return "", err
	}
	path = w.Dir.KeyFile(alias)
	_, err = w.private(path, key)
	return path, err
}

// KeyFiles are the names of the regular files in the keys' folder, by one look: that
// of an alias is its key.
func (w *Writer) KeyFiles() (map[string]bool, error) {
	files, err := os.ReadDir(w.Dir.Keys())
	found := make(map[string]bool, len(files))
	for _, f := range files {
		if f.Type().IsRegular() {
			found[f.Name()] = true
		}
	}
	return found, gone(err)
}

// RemoveKeys removes those of the files that are the key, or the .ppk file beside it, of
// an alias that keep does not hold.
func (w *Writer) RemoveKeys(files, keep map[string]bool) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.removeKeys(files, keep)
}

func (w *Writer) removeKeys(files, keep map[string]bool) error {
	var errs []error
	for name := range files {
		if !kept(name, keep) && isKey(name) {
			errs = append(errs, gone(os.Remove(w.Dir.KeyFile(name))))
		}
	}
	return errors.Join(errs...)
}

// isKey is also true for what a crash left half written: it may hold a key.
func isKey(name string) bool {
	return state.IsAlias(strings.TrimSuffix(name, ".ppk")) || atomicfile.IsTemp(name)
}

func kept(name string, keep map[string]bool) bool {
	return keep[name] || keep[strings.TrimSuffix(name, ".ppk")]
}
