package filezilla

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"baissh/proxy/atomicfile"
)

// A rewrite is one file of FileZilla's and what is to become of it.
type rewrite struct {
	path   string
	splice func(old []byte) ([]byte, error)
}

// due reports whether there is something to do, or something in the way. It
// needs no lock: a text that FileZilla is just writing is not the wanted one.
func (r rewrite) due() bool {
	old, err := read(r.path)
	if err != nil {
		return true
	}
	text, err := r.splice(old)
	return err != nil || !bytes.Equal(old, text)
}

// do reads, splices and replaces; the lock of the file is held.
func (r rewrite) do() error {
	old, err := read(r.path)
	if err != nil {
		return err
	}
	text, err := r.splice(old)
	if (err != nil || len(old) == 0) && exists(r.backup()) {
		return halfWritten(filepath.Base(r.path))
	}
	if err != nil || bytes.Equal(old, text) {
		return err
	}
	return r.replace(text)
}

// backup is FileZilla's copy of the file while it writes it in place. If it was
// stopped there, it takes the copy for the file, and so for the user's sites.
func (r rewrite) backup() string {
	if target, err := filepath.EvalSymlinks(r.path); err == nil {
		return target + "~"
	}
	return r.path + "~"
}

// replace removes a file that nobody needs. A link is not ours to remove.
func (r rewrite) replace(text []byte) error {
	if len(text) > 0 {
		return atomicfile.WriteFile(r.path, text, 0o600)
	}
	if info, err := os.Lstat(r.path); err == nil && info.Mode().IsRegular() {
		return os.Remove(r.path)
	}
	return atomicfile.WriteFile(r.path, []byte("<FileZilla3>\n</FileZilla3>\n"), 0o600)
}

// read takes a file that is not there for an empty one.
func read(path string) ([]byte, error) {
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return text, err
}
