// Package atomicfile replaces files whole: a reader, a crash or a full disk
// finds the old content or the new one, never a part.
//
// [WriteFile] is for files of other programs: it writes through symbolic
// links and keeps mode, owner and ACL. [WritePrivate] is for our own secrets:
// nobody but the user reads them, at no moment. A file with several hard links
// is replaced under the one name that was given.
package atomicfile

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
)

// ErrNotRegular says that a path is a folder, a device, a pipe or, where links
// are not followed, a link.
var ErrNotRegular = errors.New("not a regular file")

// WriteFile replaces the file that path names, or that a link at path points
// to. A file that exists keeps its mode, owner and ACL; a new one gets exactly
// perm, on Windows the user's own ACL if perm is for the owner alone.
func WriteFile(path string, data []byte, perm os.FileMode) error {
	return pen{}.writeFile(path, data, perm)
}

// WriteFileIfChanged is WriteFile, but leaves a file of equal content alone.
func WriteFileIfChanged(path string, data []byte, perm os.FileMode) (changed bool, err error) {
	return pen{}.writeFileIfChanged(path, data, perm)
}

// WritePrivate keeps data in a file that only the user may read. It tightens a
// file of equal content that is open to others, and refuses a link at path.
func WritePrivate(path string, data []byte) (changed bool, err error) {
	return pen{}.writePrivate(path, data)
}

func (p pen) writeFile(path string, data []byte, perm os.FileMode) error {
	target, old, err := find(path)
	if err != nil {
		return err
	}
	return p.replaceWith(target, data, style{old: old, perm: perm.Perm()})
}

func (p pen) writeFileIfChanged(path string, data []byte, perm os.FileMode) (bool, error) {
	target, old, err := find(path)
	if err != nil {
		return false, err
	}
	if old != nil && same(target, old, data) {
		return false, nil
	}
	err = p.replaceWith(target, data, style{old: old, perm: perm.Perm()})
	return err == nil, err
}

func (p pen) writePrivate(path string, data []byte) (bool, error) {
	old, err := regular(path)
	if err != nil {
		return false, err
	}
	if old != nil && same(path, old, data) {
		return false, Private(path)
	}
	err = p.replaceWith(path, data, style{perm: 0o600, private: true})
	return err == nil, err
}

// find follows links to the file that is meant.
func find(path string) (target string, old fs.FileInfo, err error) {
	if target, err = resolve(path); err != nil {
		return "", nil, err
	}
	old, err = regular(target)
	return target, old, err
}

// regular returns what is at path without following a link, nil if nothing is.
func regular(path string) (fs.FileInfo, error) {
	info, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("write %s: %w", path, ErrNotRegular)
	}
	return info, nil
}

// same reports whether the file holds data. One that cannot be read is not
// known to, and is replaced.
func same(path string, info fs.FileInfo, data []byte) bool {
	if info.Size() != int64(len(data)) {
		return false
	}
	old, err := os.ReadFile(path)
	return err == nil && bytes.Equal(old, data)
}
