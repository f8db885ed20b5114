package main

import (
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"baissh/proxy/backendai/backendaitest"
	"baissh/proxy/state"
)

// There is no ssh on the machine. The files are written all the same, and status says that
// nothing has tried them; when there is one, that is over.
func TestNoSSHOnTheMachine(t *testing.T) {
	need(t, "ssh", "go", "unshare", "nsenter")
	if err := exec.Command("unshare", "--mount", "true").Run(); err != nil {
		t.Skipf("needs root, which CI is: %v", err)
	}
	w := newQuietWorld(t, backendaitest.Options{}, demoSpec)
	w.furnish()
	// Whatever is on PATH, baissh looks in the system's own folders, too.
	hide := `for dir in $(echo "$PATH" | tr : " ") /usr/bin /usr/local/bin; do
		if [ -f "$dir/ssh" ]; then mount --bind /dev/null "$dir/ssh"; fi; done; exec "$0" "$@"`
	engine := w.startBuilt("unshare", "--mount", "sh", "-ec", hide)
	w.ready("bai-demo")
	const says = "ssh: no ssh was found here, so nothing has tried the files; install the OpenSSH client\n"
	if out := w.baissh("", "status"); !strings.Contains(out, says) {
		t.Errorf("status says\n%s", out)
	}
	w.good(w.ssh("bai-demo", "true")) // which is hidden from the engine alone
	engine.inside("for n in 1 2; do umount /usr/bin/ssh 2>&- || true; done")
	w.create(backendaitest.SessionSpec{Name: "later"})
	w.ready("bai-later")
	w.until("nothing is said any more", func(s *state.Snapshot) bool { return s.SSHIncluded() })
	w.whole("bai-demo", "bai-later")
}

// inside runs a command where the engine lives.
func (e *builtEngine) inside(command string) {
	e.Helper()
	pid := strconv.Itoa(e.cmd.Process.Pid)
	if out, err := exec.Command("nsenter", "--target", pid, "--mount", "sh", "-c", command).CombinedOutput(); err != nil {
		e.Fatalf("%v: %s", err, out)
	}
}

// The clock is wrong, one way or the other, by more than a manager takes.
func TestAClockThatIsWrong(t *testing.T) {
	need(t, "ssh")
	for _, wrong := range []time.Duration{20 * time.Minute, -20 * time.Minute} {
		w := newWorld(t, backendaitest.Options{ClockSkew: wrong}, demoSpec)
		w.ready("bai-demo")
		w.good(w.ssh("bai-demo", "true"))
		w.eventually("the event stream is open", func() bool { return w.manager.EventStreams() == 1 })
		w.create(backendaitest.SessionSpec{Name: "later"})
		w.ready("bai-later")
	}
}

// A home that several machines share: the second engine says on which one the first
// runs, and leaves with a status of its own. When the first has died there, without a
// word, the home is free.
func TestASecondEngineOnAnotherHost(t *testing.T) {
	need(t, "ssh", "go", "unshare")
	if err := exec.Command("unshare", "--uts", "true").Run(); err != nil {
		t.Skipf("needs root, which CI is: %v", err)
	}
	w := newQuietWorld(t, backendaitest.Options{}, demoSpec)
	first := w.startBuilt("unshare", "--uts", "sh", "-ec", `hostname login-02; exec "$0" "$@"`)
	before := w.ready("bai-demo")
	second := exec.Command(w.home.Dir+"/bin/baissh", "run")
	second.Env = append(w.environment(), "BAISSH_HOME="+w.home.Dir)
	out, _ := second.CombinedOutput()
	says := "baissh: error: another baissh runs for this home (host login-02, process " + strconv.Itoa(first.cmd.Process.Pid) + ")"
	if code := second.ProcessState.ExitCode(); code != exitRunning || !strings.Contains(string(out), says) {
		t.Errorf("the second engine ended with status %d: %s, want %q", code, out, says)
	}
	w.ready("bai-demo")
	w.client.Close()
	if err := os.Rename(w.home.Socket(), w.home.Socket()+"~"); err != nil { // which another machine does not reach
		t.Fatal(err)
	}
	status := exec.Command(w.home.Dir+"/bin/baissh", "status")
	status.Env = second.Env
	if out, _ := status.CombinedOutput(); !strings.Contains(string(out), "not running on this machine (for this home it was last started on login-02)") {
		t.Errorf("status says %s", out)
	}
	first.signal(os.Kill)
	first.cmd.Wait()
	w.start()
	if h := w.ready("bai-demo"); h.Port != before.Port {
		t.Errorf("the port is %d, was %d", h.Port, before.Port)
	}
	w.good(w.ssh("bai-demo", "true"))
}
