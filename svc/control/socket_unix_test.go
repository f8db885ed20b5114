//go:build unix

package control

import (
	"errors"
	"net"
	"os"
	"path/filepath"
	"testing"
)

// freeSocket is a path, short enough, at which nobody listens.
func freeSocket(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "bai")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return filepath.Join(dir, "run", "control.sock")
}

// A socket that a crash left behind is replaced.
func TestStaleSocketIsReplaced(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "run", "control.sock")
	for range 2 {
		ln, err := Listen(path)
		if err != nil {
			t.Fatal(err)
		}
		ln.(*sparing).Listener.(ownOnly).Listener.(*net.UnixListener).SetUnlinkOnClose(false)
		ln.Close()
	}
}

// Others could put a socket of theirs into a folder that they may enter.
func TestFolderOfOthersIsRefused(t *testing.T) {
	dir := t.TempDir()
	open := filepath.Join(dir, "open")
	if err := os.Mkdir(open, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(open, 0o755); err != nil {
		t.Fatal(err)
	}
	link := filepath.Join(dir, "link")
	if err := os.Symlink(t.TempDir(), link); err != nil {
		t.Fatal(err)
	}
	for _, folder := range []string{open, link} {
		if ln, err := Listen(filepath.Join(folder, "control.sock")); err == nil {
			ln.Close()
			t.Errorf("listened in %s", folder)
		}
		if _, err := clientOf(t, filepath.Join(folder, "control.sock")).Status(t.Context(), 0); err == nil || errors.Is(err, ErrNoEngine) {
			t.Errorf("a client in %s: %v", folder, err)
		}
	}
}
