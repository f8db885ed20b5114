package main

import (
	"bytes"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"baissh/proxy/backendai/backendaitest"
	"baissh/proxy/settings"
)

// reader starts an ssh whose output the test reads.
func (w *world) reader(remote string) (*exec.Cmd, *os.File) {
	w.Helper()
	cmd := exec.Command("ssh", "-F", w.config(), "-o", "BatchMode=yes", "bai-demo", remote)
	cmd.Env = w.environment()
	pipe, err := cmd.StdoutPipe()
	if err != nil {
		w.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		w.Fatal(err)
	}
	w.Cleanup(func() { cmd.Process.Kill() })
	return cmd, pipe.(*os.File)
}

// A pipe whose reader takes its time is not sent more than ssh can hold.
func TestAPipeIsRightWhereItIsPaced(t *testing.T) {
	need(t, "ssh")
	heedless(t, func(t *testing.T, server backendaitest.SSHServer) {
		w := newPacedWorld(t, server, settings.PaceOn)
		want := w.there("big", 4*openSSHWindow)
		cmd, pipe := w.reader("cat big")
		w.eventually("the pipe is full", func() bool { return waiting(w, pipe) >= 64<<10 })
		lasts(200 * time.Millisecond) // in which more would have come than ssh can hold
		got, err := io.ReadAll(pipe)
		if !bytes.Equal(got, want) || err != nil {
			t.Errorf("%d bytes of %d came, or others: %v", len(got), len(want), err)
		}
		if err := cmd.Wait(); err != nil {
			t.Error(err)
		}
	})
}

// waiting is how much is in a pipe.
func waiting(w *world, pipe *os.File) (n int) {
	w.Helper()
	raw, err := pipe.SyscallConn()
	if err != nil {
		w.Fatal(err)
	}
	if controlErr := raw.Control(func(fd uintptr) { n, err = unix.IoctlGetInt(int(fd), unix.TIOCINQ) }); controlErr != nil || err != nil {
		w.Fatal(controlErr, err)
	}
	return n
}

// A reader that has had enough ends nothing but itself: what ssh throws away is not
// held back for it.
func TestAPipeWithoutAReaderIsNotHeldBack(t *testing.T) {
	need(t, "ssh")
	heedless(t, func(t *testing.T, server backendaitest.SSHServer) {
		w := newPacedWorld(t, server, settings.PaceOn)
		w.there("big", 32<<20)
		cmd, pipe := w.reader("cat big; touch sent")
		if _, err := io.ReadFull(pipe, make([]byte, 1<<20)); err != nil {
			t.Fatal(err)
		}
		pipe.Close()
		ended := make(chan error, 1)
		go func() { ended <- cmd.Wait() }()
		select {
		case err := <-ended:
			if err != nil || !w.isThere("sent") {
				t.Errorf("it ended with %v, and all was sent: %v", err, w.isThere("sent"))
			}
		case <-time.After(patience):
			t.Error("it is held back")
			cmd.Process.Kill()
			<-ended
		}
	})
}

// What people copy with comes out right, while somebody else's reader on the same
// connection has gone.
func TestDownloadsAreRightWhereTheyArePaced(t *testing.T) {
	need(t, "ssh", "scp", "rsync", "tar")
	heedless(t, func(t *testing.T, server backendaitest.SSHServer) {
		w := newPacedWorld(t, server, settings.PaceOn)
		w.there("big", 4*openSSHWindow)
		want := pacedSum(w)
		for _, way := range append(pacedWays(w)[3:], sharedWay(w)) {
			os.Remove(filepath.Join(w.home.Dir, "big"))
			r := w.program(nil, "bash", "-c", "set -o pipefail; "+way.line)
			if r.err != nil || w.sum("big") != want {
				t.Errorf("%s: %v: %s", way.name, r.err, r.complaint)
			}
		}
	})
}

// pacedSum is that of the session's file.
func pacedSum(w *world) [32]byte {
	w.Helper()
	here := filepath.Join(w.home.Dir, "original")
	if err := os.Symlink(filepath.Join(w.manager.Sessions()[0].Folder(), "big"), here); err != nil {
		w.Fatal(err)
	}
	return w.sum("original")
}

// A pacedWay downloads a file by a line of shell, into a file of the same name.
type pacedWay struct {
	name, line string
	fast       bool // it is right without pacing too, and may not be slower with it
}

func pacedWays(w *world) []pacedWay {
	ssh := "ssh -F " + w.config() + " -o BatchMode=yes"
	there := filepath.Join(w.manager.Sessions()[0].Folder(), "big")
	return []pacedWay{
		{"sftp", "sftp -q -F " + w.config() + " -b - bai-demo <<< 'get " + there + "' >&2", true},
		{"scp", "scp -q -F " + w.config() + " bai-demo:" + there + " .", true},
		{"cat > file", ssh + " bai-demo cat " + there + " > big", true},
		{"scp -O", "scp -O -q -F " + w.config() + " bai-demo:" + there + " .", false},
		{"rsync", "rsync -W -e '" + ssh + "' bai-demo:" + there + " .", false},
		{"cat | cat", ssh + " bai-demo cat " + there + " | cat > big", false},
		{"tar | tar", ssh + " bai-demo tar c -C " + filepath.Dir(there) + " big | tar x", false},
	}
}

func sharedWay(w *world) pacedWay {
	shared := "ssh -F " + w.config() + " -o BatchMode=yes -S " + filepath.Join(w.home.Dir, "s") + " bai-demo "
	big := filepath.Join(w.manager.Sessions()[0].Folder(), "big")
	return pacedWay{"shared", strings.Join([]string{
		"ssh -F " + w.config() + " -M -N -f -S " + filepath.Join(w.home.Dir, "s") + " bai-demo",
		"{ " + shared + "cat " + big + " | head -c 100000 > /dev/null; } &",
		shared + "cat " + big + " | cat > big; wait; " + shared + "-O exit",
	}, "\n"), false}
}
