package sshconfig

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
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

// KeyFiles are the aliases that have a key file, by one look at the folder.
func (w *Writer) KeyFiles() map[string]bool {
	found := map[string]bool{}
	files, _ := os.ReadDir(w.Dir.Keys()) // what cannot be read is as good as not there
	for _, f := range files {
		if f.Type().IsRegular() {
			found[f.Name()] = true
		}
	}
	return found
}

// RemoveKeys removes the key files, and .ppk files beside them, of every alias
// that keep does not hold. It touches regular files in our folder only.
func (w *Writer) RemoveKeys(keep map[string]bool) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.removeKeys(keep)
}

func (w *Writer) removeKeys(keep map[string]bool) error {
	files, err := os.ReadDir(w.Dir.Keys())
	if err != nil {
		return gone(err)
	}
	var errs []error
	for _, f := range files {
		if f.Type().IsRegular() && isKey(f.Name()) && !kept(f.Name(), keep) {
			errs = append(errs, gone(os.Remove(filepath.Join(w.Dir.Keys(), f.Name()))))
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
