package proxy

import (
	"os"
	"testing"

	"golang.org/x/sys/unix"
)

// The last file handle is for whoever asks for the status: a port does not take it.
func TestAPortLeavesTheLastHandle(t *testing.T) {
	before := leaveOneHandle(t)
	ln, err := listenOn(0)
	unix.Setrlimit(unix.RLIMIT_NOFILE, &before)
	if err == nil {
		ln.Close()
	}
	if !outOfHandles(err) {
		t.Errorf("got %v, want that no handles are left", err)
	}
	if ln, err = listenOn(0); err != nil {
		t.Fatal(err)
	}
	ln.Close()
}

// leaveOneHandle lowers the limit, which is one of numbers, and returns what it was.
func leaveOneHandle(t *testing.T) (before unix.Rlimit) {
	t.Helper()
	last, err := os.Open(os.DevNull) // has the lowest number that is free
	if err != nil {
		t.Fatal(err)
	}
	defer last.Close()
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &before); err != nil {
		t.Fatal(err)
	}
	if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &unix.Rlimit{Cur: uint64(last.Fd()) + 1, Max: before.Max}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.Setrlimit(unix.RLIMIT_NOFILE, &before) })
	return before
}
