//go:build unix

package backendaitest

import (
	"bytes"
	"fmt"
	"io"
	"testing"

	"github.com/creack/pty"
)

func TestATerminalFollowsTheClientsWindow(t *testing.T) {
	t.Setenv("TERM", "vt220")
	onEveryServer(t, func(t *testing.T, c *sshClient) {
		const script = `trap 'stty size' WINCH; trap 'exit 9' INT; echo $TERM; stty size; while :; do sleep 0.02; done`
		cmd := c.command("ssh", "-tt", c.host(), script)
		screen, err := pty.StartWithSize(cmd, &pty.Winsize{Rows: 30, Cols: 100})
		if err != nil {
			t.Fatal(err)
		}
		defer screen.Close()
		readUntil(t, screen, "vt220\r\n30 100\r\n")
		if err := pty.Setsize(screen, &pty.Winsize{Rows: 41, Cols: 121}); err != nil {
			t.Fatal(err)
		}
		readUntil(t, screen, "41 121\r\n")
		screen.Write([]byte{3}) // Ctrl-C
		if cmd.Wait(); cmd.ProcessState.ExitCode() != 9 {
			t.Errorf("interrupted: got code %d, want 9", cmd.ProcessState.ExitCode())
		}
	})
}

// readUntil reads until a text has come.
func readUntil(t *testing.T, from io.Reader, want string) {
	t.Helper()
	var got []byte
	for buf := make([]byte, 1024); !bytes.Contains(got, []byte(want)); {
		n, err := from.Read(buf)
		if got = append(got, buf[:n]...); err != nil {
			t.Fatalf("got %q and %v, want %q", got, err, want)
		}
	}
}

func TestTheShellOfATerminalIsALoginShell(t *testing.T) {
	t.Setenv("SHELL", "/bin/sh")
	onEveryServer(t, func(t *testing.T, c *sshClient) {
		cmd := c.command("ssh", "-tt", c.host())
		screen, err := pty.Start(cmd)
		if err != nil {
			t.Fatal(err)
		}
		defer screen.Close()
		fmt.Fprint(screen, "echo it is $0.; exit 5\n")
		readUntil(t, screen, "it is -sh.\r\n")
		io.Copy(io.Discard, screen)
		if cmd.Wait(); cmd.ProcessState.ExitCode() != 5 {
			t.Errorf("got code %d, want 5", cmd.ProcessState.ExitCode())
		}
	})
}

func TestARawTerminalChangesNothing(t *testing.T) {
	onEveryServer(t, func(t *testing.T, c *sshClient) {
		if stdout, _, _ := c.ssh("-tt", `stty raw; printf 'a\nb\r\r\nc'`); stdout != "a\nb\r\r\nc" {
			t.Errorf("got %q", stdout)
		}
	})
}
