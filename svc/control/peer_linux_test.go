package control

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// The folder is opened to all by mistake, and the socket in it. Another user may then
// connect, and is not answered.
func TestOtherUsersAreNotAnswered(t *testing.T) {
	if err := exec.Command("setpriv", "--reuid", "65534", "true").Run(); err != nil {
		t.Skipf("needs root and setpriv, as CI has: %v", err)
	}
	socket := serve(t, &fakeEngine{})
	ask := func(uid string) error {
		return exec.Command("setpriv", "--reuid", uid, "--clear-groups",
			"curl", "--silent", "--fail", "--unix-socket", socket, "http://baissh/v1/status").Run()
	}
	if err := ask("0"); err != nil {
		t.Fatalf("the user's own curl: %v", err)
	}
	if err := ask("65534"); err == nil {
		t.Error("another user entered a folder of mode 0700")
	}
	for _, open := range []string{filepath.Dir(filepath.Dir(socket)), filepath.Dir(socket), socket} {
		if err := os.Chmod(open, 0o777); err != nil {
			t.Fatal(err)
		}
	}
	if err := ask("0"); err != nil {
		t.Fatalf("the user's own curl: %v", err)
	}
	if err := ask("65534"); err == nil {
		t.Error("another user was answered")
	}
}
