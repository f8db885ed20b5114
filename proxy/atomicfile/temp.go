package atomicfile

import (
	"os"
	"path/filepath"
	"strings"
)

// The temporary file's name begins with a dot, so that a glob over the folder
// does not take it for one of its files.
const tempPrefix, tempSuffix = ".baissh-", ".tmp"

// IsTemp reports whether a file name is that of a temporary file of this
// package. One that nobody is writing was left by a crash.
func IsTemp(name string) bool {
	return strings.HasPrefix(name, tempPrefix) && strings.HasSuffix(name, tempSuffix)
}

// createTemp makes the temporary file in the target's own folder: a rename works
// only within one file system, and secrets do not pass through a shared one.
func createTemp(dir string) (*os.File, error) {
	for {
		f, err := os.CreateTemp(dir, tempPrefix+"*"+tempSuffix) // 0600
		if err != nil || hold(f) {
			return f, err
		}
		f.Close() // somebody has just swept it away
	}
}

// Sweep removes from folders what crashes left there. It is for the start: a process
// that goes on cleans up after itself.
func Sweep(dirs ...string) {
	for _, dir := range dirs {
		files, _ := os.ReadDir(dir) // what cannot be read stays as it is
		for _, f := range files {
			if f.Type().IsRegular() && IsTemp(f.Name()) {
				removeLeft(filepath.Join(dir, f.Name()))
			}
		}
	}
}
