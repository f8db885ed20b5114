package atomicfile

import (
	"os"
	"time"
)

// leftAge is when a file that is written within moments has been left.
const leftAge = time.Minute

// hold needs nothing here: see removeLeft.
func hold(*os.File) bool { return true }

// removeLeft removes a temporary file that is nobody's. One that is open stays by
// itself, and one that waits to be renamed is young.
func removeLeft(path string) {
	if info, err := os.Lstat(path); err == nil && time.Since(info.ModTime()) > leftAge {
		os.Remove(path)
	}
}

// filled closes the file: an open one cannot be renamed.
func filled(f *os.File) error { return f.Close() }
