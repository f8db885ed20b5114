package svc

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/gofrs/flock"

	"baissh/proxy/folders"
	"baissh/proxy/state"
)

// A RunningError says that another engine serves this home.
type RunningError struct {
	Where string // "host HOST, process PID", as far as it is known
}

func (e *RunningError) Error() string {
	return "another baissh runs for this home (" + e.Where + ")"
}

// lock keeps a second engine out. The operating system releases it when the
// process ends, in whatever way. The file names its holder, since the home
// may be shared by several machines.
func lock(home folders.Home) (unlock func(), err error) {
	path := home.LockFile()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, state.NoStateFolder(filepath.Dir(path), err)
	}
	l := flock.New(path, flock.SetPermissions(0o600))
	got, err := l.TryLock()
	if err != nil {
		return nil, state.NoStateFolder(filepath.Dir(path), err)
	}
	if !got {
		return nil, &RunningError{Where: holder(path)}
	}
	host, _ := os.Hostname()
	text := fmt.Sprintf("host %s, process %d\n", host, os.Getpid())
	_ = os.WriteFile(path+".holder", []byte(text), 0o600) // a full disk is no reason not to run
	return func() { l.Unlock() }, nil
}

const unknownHolder = "it does not say where"

// holder reads who has the lock. A second file says so, since a locked one
// cannot be read on Windows.
func holder(lock string) string {
	text, err := os.ReadFile(lock + ".holder")
	if err != nil || len(text) == 0 {
		return unknownHolder
	}
	return strings.TrimSpace(string(text))
}

// OtherHost is the host where the last engine of this home was started, if that is not
// this one. Whether it still runs cannot be asked from here.
func OtherHost(home folders.Home) string {
	there, _, _ := strings.Cut(strings.TrimPrefix(holder(home.LockFile()), "host "), ", process ")
	here, err := os.Hostname()
	if err != nil || there == here || there == unknownHolder {
		return ""
	}
	return state.Printable(there)
}
