package sshconfig

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"baissh/proxy/atomicfile"
)

// UserHosts returns the names that Host lines of this text define, in order
// and once each. Patterns and exclusions are no names; our block is not read.
func UserHosts(config []byte) []string {
	var names []string
	for line := range directives(config) {
		if line.keyword != "host" {
			continue
		}
		for _, name := range line.args {
			if literal(name) && !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	return names
}

func literal(name string) bool {
	return name != "" && name[0] != '!' && !strings.ContainsAny(name, "*?")
}

// UserHosts reads the user's own config, and the files it includes, one level
// deep and without ours. No config means no names.
func (d Dir) UserHosts() ([]string, error) {
	config, err := readConfig(d.Config())
	if err != nil {
		return nil, err
	}
	names := UserHosts(config)
	for _, file := range d.included(config) {
		text, err := readConfig(file)
		if err != nil {
			continue // ssh skips what it cannot open, too
		}
		for _, name := range UserHosts(text) {
			if !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	return names, nil
}

// maxIncluded keeps a pattern over a large folder from being read to its end.
const maxIncluded = 200

func (d Dir) included(config []byte) []string {
	var files []string
	for line := range directives(config) {
		if line.keyword != "include" {
			continue
		}
		for _, arg := range line.args {
			found, _ := filepath.Glob(d.locate(arg))
			files = append(files, found...)
		}
	}
	files = slices.DeleteFunc(files, func(f string) bool { return sameFile(f, d.BaiConfig()) })
	return files[:min(len(files), maxIncluded)]
}

// locate finds an included file as ssh does, except those in a home that is
// not this one.
func (d Dir) locate(arg string) string {
	inSSH, ok := strings.CutPrefix(arg, "~/.ssh/")
	switch {
	case filepath.IsAbs(arg):
		return arg
	case !d.Tilde:
		return ""
	case ok:
		return filepath.Join(d.Path, inSSH)
	case strings.HasPrefix(arg, "~/"):
		return filepath.Join(filepath.Dir(d.Path), arg[2:])
	}
	return filepath.Join(d.Path, arg)
}

func sameFile(a, b string) bool {
	x, err := os.Stat(a)
	if err != nil {
		return a == b
	}
	y, err := os.Stat(b)
	return err == nil && os.SameFile(x, y)
}

// readConfig reads a file of the user's; one that is missing is empty. It asks
// first what is there: opening a pipe would wait for ever.
func readConfig(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if os.IsNotExist(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, &fs.PathError{Op: "read", Path: path, Err: atomicfile.ErrNotRegular}
	}
	return os.ReadFile(path)
}
