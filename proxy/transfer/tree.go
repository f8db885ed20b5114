package transfer

import (
	"fmt"
	"io/fs"
	"path"
	"path/filepath"
	"strings"

	"baissh/proxy/state"
)

// An item is a file to copy, or a folder to make.
type item struct {
	from, to string
	info     fs.FileInfo
}

// A tree is what is to be done, folders before what is in them.
type tree struct {
	folders []string
	files   []item
	left    []string // what is left out, and why
	failed  []error  // what cannot be read, which does not keep the rest back
}

// grow adds what is at a name, with all that is below it. It fails only with the
// connection.
func (t *tree) grow(from side, name, to string) error {
	info, err := from.stat(name)
	if err != nil {
		return t.fail(name, err)
	}
	return t.add(from, name, to, info)
}

func (t *tree) add(from side, name, to string, info fs.FileInfo) error {
	switch {
	case info.IsDir():
		t.folders = append(t.folders, to)
		return t.below(from, name, to)
	case info.Mode().IsRegular():
		t.files = append(t.files, item{name, to, info})
	default:
		t.leave(name, "it is neither a file nor a folder")
	}
	return nil
}

func (t *tree) below(from side, dir, to string) error {
	entries, err := from.list(dir)
	if err != nil {
		return t.fail(dir, err)
	}
	for _, info := range entries {
		name := path.Join(dir, info.Name())
		if !safe(info.Name()) {
			t.leave(name, leadsElsewhere)
			continue
		}
		if info.Mode()&fs.ModeSymlink != 0 {
			if info = t.behind(from, name); info == nil {
				continue
			}
		}
		if err := t.add(from, name, path.Join(to, info.Name()), info); err != nil {
			return err
		}
	}
	return nil
}

func (t *tree) fail(name string, err error) error {
	why := &FileError{Name: name, err: err}
	if lost(err) {
		return why
	}
	t.failed = append(t.failed, why)
	return nil
}

const leadsElsewhere = "its name would lead elsewhere"

// behind is the file that a link leads to. Folders behind links are left out: they
// may lead back to where they are.
func (t *tree) behind(from side, name string) fs.FileInfo {
	info, err := from.stat(name)
	switch {
	case err != nil:
		t.leave(name, "it is a link to nothing")
	case info.IsDir():
		t.leave(name, "it is a link to a folder")
	default:
		return renamed{info, path.Base(name)}
	}
	return nil
}

// onceEach leaves out what was asked for twice, and says which two files would be the
// same one in the target: each would be written into the other.
func (t *tree) onceEach() error {
	taken := map[string]string{} // where files go to, and from where
	for _, dir := range t.folders {
		taken[path.Clean(dir)] = ""
	}
	files := t.files
	t.files = nil
	for _, f := range files {
		to := path.Clean(f.to)
		other, known := taken[to]
		switch {
		case !known:
			taken[to] = f.from
			t.files = append(t.files, f)
		case other == "":
			return fmt.Errorf("%s would be a folder, and the file %s too", state.Printable(to), state.Printable(f.from))
		case path.Clean(other) != path.Clean(f.from):
			return fmt.Errorf("%s and %s would both be %s", state.Printable(other), state.Printable(f.from), state.Printable(to))
		}
	}
	return nil
}

func (t *tree) leave(name, why string) {
	t.left = append(t.left, fmt.Sprintf("%s: %s", state.Printable(name), why))
}

// renamed is what a link leads to, under the link's name.
type renamed struct {
	fs.FileInfo
	name string
}

func (r renamed) Name() string { return r.name }

// safe reports whether a name from the other side stays in the folder that it is in,
// and is a file's there: on Windows NUL and its like are not.
func safe(name string) bool {
	return filepath.IsLocal(name) && name != "." && !strings.ContainsAny(name, "/\x00"+otherSeparators)
}
