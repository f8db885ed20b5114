package sshconfig

import (
	"os/exec"
	"strings"
	"testing"

	"baissh/proxy/state"
)

func TestKnownHostsHaveTheBareAlias(t *testing.T) {
	d := newDir(t)
	other := state.Entry{Alias: "bai-a", Port: 22023, Account: "work", HostKey: edwardsKey()}
	unpinned := state.Entry{Alias: "bai-b", Port: 22024, Account: "work"}
	bad := state.Entry{Alias: "bai-*", Port: 22025, Account: "work", HostKey: edwardsKey()}
	got := string(KnownHosts([]state.Entry{demo(d), unpinned, bad, other}))
	if want := "bai-a " + edwardsKey() + "\nbai-demo " + rsaKey() + "\n"; got != want {
		t.Errorf("KnownHosts = %q, want %q", got, want)
	}
}

func TestSSHKeygenFindsThePin(t *testing.T) {
	program, err := exec.LookPath("ssh-keygen")
	if err != nil {
		t.Skip("needs OpenSSH's ssh-keygen")
	}
	d := newDir(t)
	file := put(t, d.KnownHosts(), string(KnownHosts([]state.Entry{demo(d)})))
	out, err := exec.Command(program, "-F", "bai-demo", "-f", file).Output()
	if err != nil || !strings.Contains(string(out), rsaKey()) {
		t.Errorf("ssh-keygen -F bai-demo = %q, %v; want the pinned key", out, err)
	}
}

func TestPinsKnowsWhatIsInTheFile(t *testing.T) {
	w := &Writer{Dir: newDir(t), Programs: noSSH}
	if w.Pins("bai-demo", rsaKey()) {
		t.Error("a file that is not there pins a key")
	}
	w.Write(t.Context(), []state.Entry{demo(w.Dir)})
	for key, want := range map[string]bool{rsaKey(): true, edwardsKey(): false, "": false} {
		if got := w.Pins("bai-demo", key); got != want {
			t.Errorf("Pins(bai-demo, %.20q) = %v, want %v", key, got, want)
		}
	}
}
