package atomicfile

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// A pen puts content beside the target and swaps it in. Its fields are what
// tests make fail; nil is the real thing.
type pen struct {
	write   func(f *os.File, data []byte) error
	replace func(temp, target string, keepACL bool) error
}

// A style says how the new file is to look.
type style struct {
	old     fs.FileInfo // whose mode and owner are kept; nil for a new file
	perm    fs.FileMode // of a new file
	private bool        // for the user alone, whatever was there
}

// The temporary file's name begins with a dot, so that a glob over the folder
// does not take it for one of its files.
const tempPrefix, tempSuffix = ".baissh-", ".tmp"

// IsTemp reports whether a file name is that of a temporary file of this
// package. One that nobody is writing was left by a crash.
func IsTemp(name string) bool {
	return strings.HasPrefix(name, tempPrefix) && strings.HasSuffix(name, tempSuffix)
}

func (p pen) replaceWith(target string, data []byte, s style) error {
	return about(target, p.replaceBy(target, data, s))
}

// about has an error name the file that is meant: the temporary one is nobody's
// business, and another each time.
func about(target string, err error) error {
	var path *os.PathError
	var link *os.LinkError
	switch {
	case errors.As(err, &path):
		return &os.PathError{Op: "write", Path: target, Err: path.Err}
	case errors.As(err, &link):
		return &os.PathError{Op: "write", Path: target, Err: link.Err}
	}
	return err
}

func (p pen) replaceBy(target string, data []byte, s style) error {
	dir := filepath.Dir(target)
	temp, err := p.fill(dir, data, s)
	if err != nil {
		return err
	}
	if err := p.swap(temp, target, s.old != nil); err != nil {
		os.Remove(temp)
		return err
	}
	return syncFolder(dir)
}

// fill makes the temporary file in the target's own folder: a rename works
// only within one file system, and secrets do not pass through a shared one.
func (p pen) fill(dir string, data []byte, s style) (name string, err error) {
	f, err := os.CreateTemp(dir, tempPrefix+"*"+tempSuffix) // 0600
	if err != nil {
		return "", err
	}
	defer func() {
		if err != nil {
			f.Close()
			os.Remove(f.Name())
		}
	}()
	if err := guard(f, s); err != nil {
		return "", err
	}
	if err := p.put(f, data); err != nil {
		return "", err
	}
	if err := dress(f, s); err != nil {
		return "", err
	}
	// Without it, a crash soon after the rename can leave an empty file.
	if err := f.Sync(); err != nil {
		return "", err
	}
	return f.Name(), f.Close()
}

func (p pen) put(f *os.File, data []byte) error {
	if p.write != nil {
		return p.write(f, data)
	}
	_, err := f.Write(data)
	return err
}

func (p pen) swap(temp, target string, keepACL bool) error {
	if p.replace != nil {
		return p.replace(temp, target, keepACL)
	}
	return replace(temp, target, keepACL)
}
