package main

import (
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"baissh/proxy/backendai/backendaitest"
)

// knock is ssh as another user of this machine, who knows the port and has no key.
func (w *world) knock(address string, port int) string {
	w.Helper()
	out, err := exec.Command("setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups",
		"ssh", "-F", "none", "-o", "BatchMode=yes", "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null",
		"-o", "IdentityFile=/dev/null", "-p", strconv.Itoa(port), "work@"+address, "true").CombinedOutput()
	if err == nil {
		w.Fatalf("another user was let into the session: %s", out)
	}
	return string(out)
}

func TestOtherUsersOfTheMachineAreRefused(t *testing.T) {
	need(t, "ssh", "setpriv")
	if err := exec.Command("setpriv", "--reuid", "65534", "true").Run(); err != nil {
		t.Skipf("needs root, which CI is: %v", err)
	}
	w := newWorld(t, backendaitest.Options{}, demoSpec)
	port := w.ready("bai-demo").Port
	for _, address := range []string{"127.0.0.1", "::ffff:127.0.0.1"} {
		if got := w.knock(address, port); !strings.Contains(got, "this port is another user's, and you are user 65534") {
			t.Errorf("%s: %s", address, got)
		}
	}
	if n := w.manager.TunnelsOpened(); n > 1 { // the engine's own look at the host key
		t.Errorf("%d tunnels were opened", n)
	}
	w.set("", "other_users", "allow")
	w.eventually("the session's own server answers", func() bool {
		return strings.Contains(w.knock("127.0.0.1", port), "Permission denied")
	})
}
