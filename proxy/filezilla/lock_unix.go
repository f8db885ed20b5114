//go:build !windows

package filezilla

import (
	"errors"
	"io"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

const lockFile = "lockfile"

// locks are the mutexes of one settings folder: one byte each of a file that is
// empty. flock(2) would not see them.
type locks struct{ file *os.File }

func openLocks(dir string) (*locks, error) {
	f, err := os.OpenFile(filepath.Join(dir, lockFile), os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return nil, err
	}
	return &locks{f}, nil
}

func (l *locks) close() { l.file.Close() }

func (l *locks) try(m mutex) (took bool, err error) {
	switch err := l.fcntl(unix.F_SETLK, l.byte(m, unix.F_WRLCK)); {
	case errors.Is(err, unix.EAGAIN), errors.Is(err, unix.EACCES):
		return false, nil
	case err != nil:
		return false, &os.PathError{Op: "lock", Path: l.file.Name(), Err: err}
	}
	return true, nil
}

// held asks without taking it, so that FileZilla is never told that another
// Site Manager is open.
func (l *locks) held(m mutex) (bool, error) {
	b := l.byte(m, unix.F_WRLCK)
	if err := l.fcntl(unix.F_GETLK, b); err != nil {
		return false, &os.PathError{Op: "ask for the lock of", Path: l.file.Name(), Err: err}
	}
	return b.Type != unix.F_UNLCK, nil
}

func (l *locks) release(m mutex) {
	_ = l.fcntl(unix.F_SETLK, l.byte(m, unix.F_UNLCK)) // closing the file does it, too
}

func (l *locks) byte(m mutex, kind int16) *unix.Flock_t {
	return &unix.Flock_t{Type: kind, Whence: io.SeekStart, Start: int64(m), Len: 1}
}

func (l *locks) fcntl(cmd int, b *unix.Flock_t) error {
	for {
		if err := unix.FcntlFlock(l.file.Fd(), cmd, b); !errors.Is(err, unix.EINTR) {
			return err
		}
	}
}
