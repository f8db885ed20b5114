//go:build unix

package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"baissh/proxy/backendai/backendaitest"
	"baissh/proxy/settings"
)

// openSSHWindow is how much of a channel ssh lets a server send before it was read.
const openSSHWindow = 2 << 20

// heedless are the servers that send without minding the client's window: ours, which
// plays it, and the one that Backend.AI ships, where this machine has it.
func heedless(t *testing.T, test func(t *testing.T, server backendaitest.SSHServer)) {
	t.Run("played", func(t *testing.T) { test(t, backendaitest.Unwindowed) })
	t.Run("shipped", func(t *testing.T) {
		shippedDropbear(t)
		test(t, backendaitest.Dropbear)
	})
}

// shippedDropbear makes the Dropbear and the sftp server of Backend.AI's agent the
// machine's, for as long as the test runs. The first does not know -e yet, and expects
// the second in a folder that it gets to itself, as it does in a container.
func shippedDropbear(t *testing.T) {
	t.Helper()
	home := os.Getenv("REAL_BACKENDAI_HOME")
	if home == "" {
		cache, _ := os.UserCacheDir()
		home = filepath.Join(cache, "real-backendai")
	}
	runners, _ := filepath.Glob(filepath.Join(home, "venv-*/lib/python3*/site-packages/ai/backend/runner"))
	if len(runners) == 0 || os.Getuid() != 0 {
		t.Skip("needs root, and the Dropbear of a real Backend.AI below REAL_BACKENDAI_HOME")
	}
	script := `#!/bin/sh
mount -t tmpfs none /usr/libexec && cp ` + runners[0] + `/sftp-server.ubuntu20.04.x86_64.bin /usr/libexec/sftp-server || exit
for arg; do shift; [ "$arg" = -e ] || set -- "$@" "$arg"; done
exec ` + runners[0] + `/dropbear.alpine3.8.x86_64.bin "$@"
`
	first := t.TempDir()
	if err := os.WriteFile(filepath.Join(first, "dropbear"), []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", first+string(os.PathListSeparator)+os.Getenv("PATH"))
}

// newPacedWorld has one session, and downloads from it are paced or not.
func newPacedWorld(t *testing.T, server backendaitest.SSHServer, pace settings.Pace) *world {
	t.Helper()
	w := newQuietWorld(t, backendaitest.Options{SSH: server}, demoSpec)
	w.set("", "pace_downloads", string(pace))
	w.start()
	w.ready("bai-demo")
	return w
}

// What the docs warn of: a pipe whose reader takes its time comes out short, or breaks.
func TestAPipeOverflowsWhereTheWindowIsIgnored(t *testing.T) {
	need(t, "ssh")
	const size = 4 * openSSHWindow
	heedless(t, func(t *testing.T, server backendaitest.SSHServer) {
		w := newPacedWorld(t, server, settings.PaceOff)
		want := w.there("big", size)
		cmd := exec.Command("ssh", "-F", w.config(), "-o", "BatchMode=yes", "bai-demo", "cat big; touch sent")
		cmd.Env = w.environment()
		pipe, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		defer func() { cmd.Process.Kill(); cmd.Wait() }()
		// With a window, all cannot have been sent before anything is read.
		w.eventually("all is sent", func() bool { return w.isThere("sent") })
		got, err := io.ReadAll(pipe)
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Equal(got, want) {
			t.Error("all of it arrived: the server has kept to the window")
		}
		t.Logf("%d bytes of %d arrived, and ssh says %v", len(got), size, cmd.Wait())
	})
}

// The old scp, whose disk takes no more, loses what it could not keep.
func TestOldSCPOverflowsWhereTheWindowIsIgnored(t *testing.T) {
	need(t, "ssh", "scp", "mkfifo")
	heedless(t, func(t *testing.T, server backendaitest.SSHServer) {
		w := newPacedWorld(t, server, settings.PaceOff)
		w.there("big", 8*openSSHWindow)
		back := filepath.Join(w.home.Dir, "back")
		w.good(w.program(nil, "mkfifo", back))
		full, err := os.OpenFile(back, os.O_RDWR, 0) // nobody reads what is in it
		if err != nil {
			t.Fatal(err)
		}
		defer full.Close()
		said := &syncBuffer{}
		scp := exec.Command("scp", "-O", "-F", w.config(), "bai-demo:big", back)
		scp.Env, scp.Stderr = w.environment(), said
		if err := scp.Start(); err != nil {
			t.Fatal(err)
		}
		defer func() { scp.Process.Kill(); scp.Wait() }()
		w.eventually("ssh complains", func() bool {
			return strings.Contains(said.String(), "too much data") || strings.Contains(said.String(), "ignored channel window")
		})
	})
}

// get and put are right there, with a large file and with several of a folder.
func TestCopiesAreRightWhereTheWindowIsIgnored(t *testing.T) {
	heedless(t, func(t *testing.T, server backendaitest.SSHServer) {
		w := newWorld(t, backendaitest.Options{SSH: server}, demoSpec)
		w.ready("bai-demo")
		mine, theirs := filepath.Join(w.home.Dir, "mine"), filepath.Join(w.manager.Sessions()[0].Folder(), "mine")
		manuscript(t, mine)
		w.big("mine/large", 5*openSSHWindow)
		for i := range 2 {
			w.big(fmt.Sprint("mine/sub/", i), 3*openSSHWindow/2)
		}
		want := listing(t, mine)
		opened := w.manager.TunnelsOpened()
		w.copied("put", mine, "bai-demo:")
		if got := listing(t, theirs); got != want {
			t.Errorf("in the session there is\n%s\nwant\n%s", got, want)
		}
		w.copied("get", "bai-demo:mine", filepath.Join(w.home.Dir, "back"))
		if got := listing(t, filepath.Join(w.home.Dir, "back")); got != want {
			t.Errorf("back came\n%s\nwant\n%s", got, want)
		}
		w.copied("get", "bai-demo:mine/large", filepath.Join(w.home.Dir, "large"))
		if w.sum("large") != w.sum("mine/large") {
			t.Error("the large file came back as another")
		}
		if got := w.manager.TunnelsOpened() - opened; got != 3 { // get goes on in a new one when too much has come
			t.Errorf("three copies took %d connections", got)
		}
	})
}
