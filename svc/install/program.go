package install

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// An UnstableError says that a program lies where it will not stay.
type UnstableError struct{ Program string }

func (e *UnstableError) Error() string { return e.Program + " will not stay where it is" }

// Program is the path by which the service is to find the program that was
// started as arg0. Links are kept: the file behind one changes with every
// upgrade, the link stays.
func Program(arg0 string) (string, error) {
	path, err := exec.LookPath(arg0)
	if err != nil && !errors.Is(err, exec.ErrDot) {
		return "", fmt.Errorf("find this program: %w", err)
	}
	if path, err = filepath.Abs(path); err != nil {
		return "", fmt.Errorf("find this program: %w", err)
	}
	if temporary(path) {
		return "", &UnstableError{Program: path}
	}
	return path, nil
}

// temporary reports whether a path lies below a folder that is emptied now and
// then; "go run" builds there, too.
func temporary(path string) bool {
	for _, dir := range []string{os.TempDir(), "/tmp", "/var/tmp", "/dev/shm"} {
		if below(path, dir) {
			return true
		}
		if real, err := filepath.EvalSymlinks(dir); err == nil && below(path, real) {
			return true
		}
	}
	cache, err := os.UserCacheDir()
	return err == nil && below(path, filepath.Join(cache, "go-build"))
}

func below(path, dir string) bool {
	rel, err := filepath.Rel(dir, path)
	return err == nil && rel != ".." && !strings.HasPrefix(rel, ".."+string(filepath.Separator))
}
