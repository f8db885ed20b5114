//go:build unix

package backendaitest

import (
	"bytes"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

func TestExecHasItsExitCodeAndItsStderr(t *testing.T) {
	onEveryServer(t, func(t *testing.T, c *sshClient) {
		stdout, stderr, code := c.ssh("echo out; echo err >&2; exit 7")
		if stdout != "out\n" || stderr != "err\n" || code != 7 {
			t.Errorf("got %q, %q, %d; want out, err, 7", stdout, stderr, code)
		}
	})
}

func TestExecRunsInTheHomeWithoutTheUsersEnvironment(t *testing.T) {
	t.Setenv("SECRET", "of the user")
	t.Setenv("LC_SENT", "by the client")
	onEveryServer(t, func(t *testing.T, c *sshClient) {
		cmd := c.command("ssh", "-o", "SendEnv=LC_SENT", c.host(), "pwd; echo $HOME; echo $USER; echo $SECRET; echo $LC_SENT")
		stdout, stderr, _ := c.run(nil, cmd)
		sent := "by the client"
		if c.session.spec.SSH == Dropbear { // it takes nothing of the client's
			sent = ""
		}
		home := c.session.Folder()
		if want := strings.Join([]string{home, home, c.session.Account(), "", sent, ""}, "\n"); stdout != want {
			t.Errorf("got %q, %q, want %q", stdout, stderr, want)
		}
	})
}

func TestExecReadsStdinToItsEnd(t *testing.T) {
	onEveryServer(t, func(t *testing.T, c *sshClient) {
		text := strings.Repeat("0123456789abcdef", 1<<16)
		stdout, stderr, code := c.run(strings.NewReader(text), c.command("ssh", c.host(), "cat"))
		if stdout != text || code != 0 {
			t.Errorf("got %d bytes, %q and code %d, want %d bytes and 0", len(stdout), stderr, code, len(text))
		}
	})
}

func TestDeathBySignalIsNoExitCode(t *testing.T) {
	onEveryServer(t, func(t *testing.T, c *sshClient) {
		if _, _, code := c.ssh("kill -TERM $$"); code != 255 {
			t.Errorf("got code %d, want the 255 that ssh has for it", code)
		}
	})
}

// A slowWriter takes nothing until it is released.
type slowWriter struct {
	bytes.Buffer
	released chan struct{}
}

func (s *slowWriter) Write(p []byte) (int, error) {
	<-s.released
	return s.Buffer.Write(p)
}

func TestOutputIsWholeThoughTheClientIsSlow(t *testing.T) {
	from, program, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer program.Close() // not before the end, like something in the background
	text := make([]byte, 60000)
	program.Write(text)
	client := &slowWriter{released: make(chan struct{})}
	o, copied := &output{from: from, to: client}, make(chan struct{})
	go func() { // ends in silence
		defer close(copied)
		o.copy()
	}()
	o.finish()
	<-time.After(2 * silence) // the client is slower than that
	close(client.released)
	<-copied
	if client.Len() != len(text) {
		t.Errorf("got %d bytes, want %d", client.Len(), len(text))
	}
}

func TestAnOpenOutputOfTheBackgroundDoesNotHoldTheClient(t *testing.T) {
	c := newSSHClient(t, sessionFor(t, SessionSpec{}))
	stdout, _, code := c.ssh("sleep 1000 & echo $!")
	if code != 0 {
		t.Fatalf("got code %d, want 0", code)
	}
	id := pid(t, stdout)
	defer syscall.Kill(id, syscall.SIGKILL)
	if !isRunning(id) {
		t.Error("the program in the background has ended with the command")
	}
}

func pid(t *testing.T, text string) int {
	t.Helper()
	id, err := strconv.Atoi(strings.TrimSpace(text))
	if err != nil {
		t.Fatal(err)
	}
	return id
}

const long = "echo $$; exec sleep 1000"

// startLong starts a command that says its process id and stays.
func (c *sshClient) startLong(command string, options ...string) (*exec.Cmd, int) {
	c.t.Helper()
	cmd := c.command("ssh", append(options, c.host(), command)...)
	out, in, err := os.Pipe()
	if err != nil {
		c.t.Fatal(err)
	}
	defer out.Close()
	cmd.Stdout = in
	if err := cmd.Start(); err != nil {
		c.t.Fatal(err)
	}
	in.Close()
	line := make([]byte, 100)
	n, _ := out.Read(line)
	return cmd, pid(c.t, string(line[:n]))
}

func TestAProgramEndsWithItsClient(t *testing.T) {
	for _, terminal := range []string{"-T", "-tt"} {
		c := newSSHClient(t, sessionFor(t, SessionSpec{}))
		cmd, id := c.startLong(long, terminal)
		cmd.Process.Kill()
		cmd.Wait()
		eventually(t, c.session, "the end of the program", func() bool { return !isRunning(id) })
	}
}

func TestAStoppedContainerLeavesNoProgram(t *testing.T) {
	onEveryServer(t, func(t *testing.T, c *sshClient) {
		cmd, id := c.startLong("trap '' HUP; " + long)
		c.session.End()
		if isRunning(id) {
			t.Error("the program is left")
		}
		if cmd.Wait() == nil {
			t.Error("the client saw a good end")
		}
	})
}

// Daemons are those that leave their shell's session, as tmux does.
func TestAStoppedContainerLeavesNoDaemon(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("daemons are not found on this system")
	}
	onEveryServer(t, func(t *testing.T, c *sshClient) {
		daemon, _, _ := c.ssh("setsid sleep 1000 >/dev/null 2>&1 </dev/null & echo $!")
		if !isRunning(pid(t, daemon)) {
			t.Fatal("there is no daemon")
		}
		c.session.End()
		if isRunning(pid(t, daemon)) {
			t.Error("the daemon is left")
		}
	})
}
