package sshconfig

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

func TestKnownHostsHaveTheBareAlias(t *testing.T) {
	d := newDir(t)
	other := Entry{Alias: "bai-a", Port: 22023, Account: "work", HostKey: edwardsKey()}
	unpinned := Entry{Alias: "bai-b", Port: 22024, Account: "work"}
	bad := Entry{Alias: "bai-*", Port: 22025, Account: "work", HostKey: edwardsKey()}
	got := string(KnownHosts([]Entry{demo(d), unpinned, bad, other}))
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
	file := put(t, d.KnownHosts(), string(KnownHosts([]Entry{demo(d)})))
	out, err := exec.Command(program, "-F", "bai-demo", "-f", file).Output()
	if err != nil || !strings.Contains(string(out), rsaKey()) {
		t.Errorf("ssh-keygen -F bai-demo = %q, %v; want the pinned key", out, err)
	}
}

func TestPinReplacesOneLine(t *testing.T) {
	w := &Writer{Dir: newDir(t), Programs: noSSH}
	for _, p := range [][2]string{{"bai-b", rsaKey()}, {"bai-a", rsaKey()}, {"bai-b", edwardsKey()}} {
		if err := w.PinHostKey(p[0], p[1]); err != nil {
			t.Fatal(err)
		}
	}
	wantText(t, w.Dir.KnownHosts(), "bai-a "+rsaKey()+"\nbai-b "+edwardsKey()+"\n")
	wantMode(t, w.Dir.KnownHosts(), 0o600)
	wantMode(t, w.Dir.Bai(), 0o700)
}

func TestPinTakesNothingElseFromTheFile(t *testing.T) {
	old := "# comment\r\nbai-a " + rsaKey() + "\r\n* " + rsaKey() + "\n@revoked bai-b " + rsaKey() + "\n\n"
	got := string(pin([]byte(old), "bai-b", edwardsKey()))
	if want := "bai-a " + rsaKey() + "\nbai-b " + edwardsKey() + "\n"; got != want {
		t.Errorf("pin = %q, want %q", got, want)
	}
}

func TestPinRefusesWhatIsNoKey(t *testing.T) {
	w := &Writer{Dir: newDir(t)}
	for _, p := range [][2]string{{"bai-*", rsaKey()}, {"bai-a", ""}, {"bai-a", rsaKey() + "\n* " + rsaKey()}, {"", rsaKey()}} {
		if err := w.PinHostKey(p[0], p[1]); err == nil {
			t.Errorf("PinHostKey(%q) = nil, want an error", p)
		}
	}
	if exists(filepath.Dir(w.Dir.KnownHosts())) {
		t.Error("a refused pin made the folder")
	}
}

func TestPinWhenOffWritesNothing(t *testing.T) {
	w := &Writer{Dir: newDir(t), Mode: Off}
	if err := w.PinHostKey("bai-a", rsaKey()); err != nil || exists(w.Dir.Path) {
		t.Errorf("PinHostKey when off = %v, folder there: %v", err, exists(w.Dir.Path))
	}
}
