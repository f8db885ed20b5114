//go:build !windows

package atomicfile

import (
	"os"
	"syscall"
)

// hold has a temporary file be somebody's until it is closed. It is false if the file
// was taken for a left one before.
func hold(f *os.File) bool {
	_ = syscall.Flock(int(f.Fd()), syscall.LOCK_EX) // where there are no locks, nothing is removed
	held, err := f.Stat()
	if err != nil {
		return true
	}
	named, err := os.Lstat(f.Name())
	return err == nil && os.SameFile(held, named)
}

// removeLeft removes a temporary file that is nobody's.
func removeLeft(path string) {
	f, err := os.OpenFile(path, os.O_RDWR|syscall.O_NOFOLLOW, 0)
	if err != nil {
		return
	}
	defer f.Close()
	if syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) == nil {
		os.Remove(path)
	}
}

// filled keeps the file open, and so held, until it is under its own name.
func filled(*os.File) error { return nil }
