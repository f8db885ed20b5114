package atomicfile

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
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
	f, err := createTemp(dir)
	if err != nil {
		return err
	}
	defer f.Close()
	err = p.fill(f, data, s)
	if err == nil {
		err = p.swap(f.Name(), target, s.old != nil)
	}
	if err != nil {
		f.Close() // some systems remove no open file
		os.Remove(f.Name())
		return err
	}
	return syncFolder(dir)
}

func (p pen) fill(f *os.File, data []byte, s style) error {
	if err := guard(f, s); err != nil {
		return err
	}
	if err := p.put(f, data); err != nil {
		return err
	}
	if err := dress(f, s); err != nil {
		return err
	}
	// Without it, a crash soon after the rename can leave an empty file.
	if err := f.Sync(); err != nil {
		return err
	}
	return filled(f)
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
