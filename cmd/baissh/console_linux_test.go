package main

import (
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/creack/pty"

	"baissh/proxy/backendai/backendaitest"
)

// A console is a terminal with a shell in it. Nobody reads it, which is enough for a few lines.
type console struct {
	*world
	terminal *os.File
	shell    *exec.Cmd
}

func (w *world) openConsole() *console {
	w.Helper()
	c := &console{world: w, shell: exec.Command("sh")}
	heedHangUp()
	c.shell.Env = append(w.environment(), "BAISSH_HOME="+w.home.Dir)
	c.shell.Dir = w.home.Dir
	terminal, err := pty.Start(c.shell)
	if err != nil {
		w.Fatal(err)
	}
	c.terminal = terminal
	return c
}

// heedHangUp undoes the nohup that these tests may run under: what is ignored here,
// a program started from here ignores too, and would outlive its console.
func heedHangUp() { signal.Notify(make(chan os.Signal, 1), syscall.SIGHUP) }

func (c *console) enter(line string) {
	c.Helper()
	if _, err := c.terminal.WriteString(line + "\n"); err != nil {
		c.Fatal(err)
	}
}

// close is what a window's cross does: all that runs in it is told to hang up.
func (c *console) close() {
	c.terminal.Close()
	_ = c.shell.Wait()
}

// The terminal in which the engine was started closes, and so does every face: open
// shells, new ones and the ports do not notice. Only who asked for it gets less: an
// engine that is not set free ends in order, and leaves no socket.
func TestClosingTheConsoleChangesNothing(t *testing.T) {
	need(t, "ssh", "go", "nohup")
	w := newQuietWorld(t, backendaitest.Options{}, demoSpec)
	program := built(t, w.home.Dir)
	console := w.openConsole()
	console.enter("nohup " + program + " run >engine.log 2>&1 & echo $! >engine.pid")
	before := w.ready("bai-demo")
	engine, err := strconv.Atoi(strings.TrimSpace(w.text("engine.pid")))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { syscall.Kill(engine, syscall.SIGKILL) })
	shell := w.openShell("bai-demo")
	console.enter(program + " status --watch")
	console.close()
	shell.say("still here")
	shell.hear("still here")
	if after := w.ready("bai-demo"); after.Port != before.Port || after.Connections != 1 {
		t.Errorf("afterwards: %+v, before: %+v", after, before)
	}
	w.good(w.ssh("bai-demo", "true"))
	wantOnlyPorts(t, engine, before.Port)

	if err := syscall.Kill(engine, syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	w.eventually("the engine has ended", func() bool { _, err := os.Readlink(fmt.Sprintf("/proc/%d/exe", engine)); return err != nil })
	console = w.openConsole()
	console.enter(program + " run")
	w.ready("bai-demo")
	console.close()
	w.eventually("no socket is left", func() bool { _, err := os.Stat(w.home.Socket()); return os.IsNotExist(err) })
}

// wantOnlyPorts looks at every socket of a process: on the network it listens on
// these ports of 127.0.0.1, and on nothing else.
func wantOnlyPorts(t *testing.T, pid int, ports ...int) {
	t.Helper()
	var want []string
	for _, port := range ports {
		want = append(want, fmt.Sprintf("0100007F:%04X", port))
	}
	own := socketsOf(t, pid)
	var got []string
	for _, table := range []string{"tcp", "tcp6", "udp", "udp6"} {
		text, _ := os.ReadFile("/proc/net/" + table)
		for line := range strings.Lines(string(text)) {
			fields := strings.Fields(line)
			if len(fields) > 9 && own[fields[9]] && (fields[3] == "0A" || strings.HasPrefix(table, "udp")) {
				got = append(got, fields[1])
			}
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("the engine listens on %q, want %q", got, want)
	}
}

// socketsOf are the inodes of a process's sockets.
func socketsOf(t *testing.T, pid int) map[string]bool {
	t.Helper()
	dir := fmt.Sprintf("/proc/%d/fd", pid)
	list, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	sockets := map[string]bool{}
	for _, entry := range list {
		target, _ := os.Readlink(filepath.Join(dir, entry.Name()))
		if inode, ok := strings.CutPrefix(target, "socket:["); ok {
			sockets[strings.TrimSuffix(inode, "]")] = true
		}
	}
	return sockets
}
