package sshconfig

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"baissh/proxy/state"
)

// ssh finds all by itself: the home is put over the one in the passwd entry,
// in a mount namespace of the ssh that is run.
func TestSSHFindsOurHostsByItself(t *testing.T) {
	home := t.TempDir()
	w := &Writer{Dir: Dir{Path: filepath.Join(home, ".ssh"), Tilde: true}, Mode: Include, Programs: noSSH}
	put(t, w.Dir.Config(), hostile)
	w.Write(t.Context(), []state.Entry{demo(w.Dir)})
	if _, err := w.WriteKey("bai-demo", []byte("key")); err != nil {
		t.Fatal(err)
	}
	wantText(t, w.Dir.Config(), ourBlock+hostile)

	out := inHome(t, home, "ssh -G bai-demo")
	for _, want := range []string{"\nport 22022\n", "\nhostname 127.0.0.1\n", "\nuser work\n", "/.ssh/bai/known_hosts\n", "/.ssh/bai/keys/bai-demo\n"} {
		if !strings.Contains(out, want) {
			t.Errorf("ssh -G bai-demo lacks %q:\n%s", want, out)
		}
	}
}

// Refusal of a file by its mode is fatal for every host, so that ours must
// never come to it.
func TestModesThatSSHRefuses(t *testing.T) {
	home := t.TempDir()
	w := &Writer{Dir: Dir{Path: filepath.Join(home, ".ssh"), Tilde: true}, Mode: Include, Programs: noSSH}
	w.Write(t.Context(), []state.Entry{demo(w.Dir)})
	if err := os.Chmod(w.Dir.BaiConfig(), 0o666); err != nil {
		t.Fatal(err)
	}
	if out := inHome(t, home, "ssh -G bai-demo || true"); !strings.Contains(out, "Bad owner or permissions") {
		t.Errorf("ssh takes a config of mode 666, so this test proves nothing:\n%s", out)
	}
	w.Write(t.Context(), []state.Entry{demo(w.Dir)}) // equal text, another mode
	wantMode(t, w.Dir.BaiConfig(), 0o600)
	if out := inHome(t, home, "ssh -G bai-demo"); !strings.Contains(out, "\nport 22022\n") {
		t.Errorf("ssh -G bai-demo after the repair:\n%s", out)
	}
}

func inHome(t *testing.T, home, script string) string {
	t.Helper()
	// ssh goes by the passwd entry, and package user by $HOME.
	entry, err := exec.Command("getent", "passwd", strconv.Itoa(os.Getuid())).Output()
	fields := strings.Split(string(entry), ":")
	if err != nil || len(fields) < 6 {
		t.Fatalf("getent passwd: %q, %v", entry, err)
	}
	if err := exec.Command("unshare", "--mount", "true").Run(); err != nil {
		t.Skipf("needs the right to make a mount namespace: %v", err)
	}
	cmd := exec.Command("unshare", "--mount", "sh", "-ec", `mount --bind "$1" "$2"; `+script, "sh", home, fields[5])
	cmd.Dir = "/"
	cmd.Env = append(os.Environ(), "HOME="+fields[5]) // an Include's own ~ is this one
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", script, err, out)
	}
	return string(out)
}
