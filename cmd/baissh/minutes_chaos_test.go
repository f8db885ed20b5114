//go:build chaos && linux

package main

import (
	"crypto/sha256"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"baissh/proxy/backendai/backendaitest"
	"baissh/proxy/state"
)

// How long the misfortunes last, and how soon a dead connection is to be given up in them:
// the product's own minute, and what its pings and a keep-alive's habit add to it.
const (
	misfortune = 3 * time.Minute
	diesSoon   = 2 * time.Minute
)

// Misfortunes that take minutes, all of them at once, each to a session of its own and
// with ssh at one end. ssh's own keep-alive is off: it is the engine that is tried.
func TestMinutesOfMisfortune(t *testing.T) {
	need(t, "ssh", "dropbear", "sshd")
	var specs []backendaitest.SessionSpec
	for name, server := range map[string]backendaitest.SSHServer{
		"stopped": backendaitest.OpenSSH, "flooded": backendaitest.OpenSSH, "let-go": backendaitest.Dropbear, "quiet": backendaitest.OpenSSH, "hole": backendaitest.OpenSSH,
		"half-up": backendaitest.OpenSSH, "half-down": backendaitest.Dropbear, "zombie": backendaitest.Dropbear, "upload": backendaitest.OpenSSH,
	} {
		specs = append(specs, backendaitest.SessionSpec{Name: name, SSH: server})
	}
	w := newQuietWorld(t, backendaitest.Options{}, specs...)
	n := w.between()
	w.start()
	ids := map[string]string{}
	for _, s := range specs {
		ids[s.Name] = w.ready("bai-" + s.Name).SessionID
	}
	before := w.leftovers()

	flood := w.flood("bai-flooded")
	zombie := w.manager.Inject(backendaitest.Fault{
		At: backendaitest.Tunnel, Kind: backendaitest.Stall, Session: w.named("zombie"), Delay: 40 * time.Second, // two keep-alives are a habit
	})
	shells := map[string]*openShell{}
	for name := range ids {
		if name != "flooded" {
			shells[name] = w.openShell("bai-"+name, "-o", "ServerAliveInterval=0")
		}
	}
	zombie()
	go io.Copy(shells["upload"].in, lines{}) // until it ends
	go func() {
		for shells["upload"].out.Scan() { // they come back
		}
	}()
	stop(t, shells["stopped"].ssh)
	stop(t, shells["let-go"].ssh) // Dropbear ends who does not answer it for 45 s, which is not ours to prevent
	n.swallow(ids["hole"], hole{up: true, down: true})
	n.swallow(ids["half-up"], hole{up: true})
	n.swallow(ids["half-down"], hole{down: true})
	n.swallow(ids["upload"], hole{full: true})
	struck := time.Now()

	var dying sync.WaitGroup
	lost := []string{"hole", "half-up", "half-down", "zombie", "upload"}
	for _, name := range lost {
		limit := diesSoon
		if name == "zombie" {
			limit += 40 * time.Second
		}
		dying.Go(func() {
			shells[name].endsWithin(limit)
			t.Logf("%s: given up after %s", name, time.Since(struck).Round(time.Second))
		})
	}
	dying.Wait()
	for _, name := range lost {
		h := w.host("bai-"+name, func(h state.Host) bool { return h.Connections == 0 })
		if h.Cut == nil || !strings.Contains(h.Cut.Reason, "nothing came from session "+name) {
			t.Errorf("%s: the cut is %+v", name, h.Cut)
		}
	}
	lasts(time.Until(struck.Add(misfortune)))

	resume(t, shells["let-go"].ssh)
	shells["let-go"].endsWithin(cutLimit)
	resume(t, shells["stopped"].ssh)
	for _, name := range []string{"stopped", "quiet"} {
		shells[name].say("still here")
		shells[name].hear("still here")
		if h := w.host("bai-"+name, func(state.Host) bool { return true }); h.Cut != nil {
			t.Errorf("%s: the cut is %+v", name, h.Cut)
		}
	}
	flood.arrives()
	for _, s := range shells {
		s.leave()
	}
	t.Logf("%d tunnels are open, %d of them stalled", w.manager.Tunnels(), w.manager.Stalled())
	n.mend()
	w.eventually("no tunnel is left but the zombie's", func() bool { return w.manager.Tunnels() <= w.manager.Stalled() })
	w.flat(before, leftovers{20, 20, 8})
}

// lines are empty, and never end.
type lines struct{}

func (lines) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = '\n'
	}
	return len(p), nil
}

// named is the session of that name.
func (w *world) named(name string) *backendaitest.Session {
	w.Helper()
	for _, s := range w.manager.Sessions() {
		if s.Name() == name {
			return s
		}
	}
	w.Fatalf("there is no session %s", name)
	return nil
}

// A stoppedFlood is an ssh that was stopped, as by Ctrl-Z, in the middle of a download.
type stoppedFlood struct {
	*world
	cmd  *exec.Cmd
	out  *os.File
	want [sha256.Size]byte
}

const floodSize = 64 << 20

func (w *world) flood(alias string) *stoppedFlood {
	w.Helper()
	f := &stoppedFlood{world: w}
	there := filepath.Join(w.named(strings.TrimPrefix(alias, "bai-")).Folder(), "flood")
	f.want = w.big("flood", floodSize)
	if err := os.Rename(filepath.Join(w.home.Dir, "flood"), there); err != nil {
		w.Fatal(err)
	}
	var err error
	if f.out, err = os.Create(filepath.Join(w.home.Dir, "flood")); err != nil {
		w.Fatal(err)
	}
	f.cmd = exec.Command("ssh", "-F", w.config(), "-o", "ServerAliveInterval=0", alias, "cat flood")
	f.cmd.Env, f.cmd.Stdout, f.cmd.Stderr = w.environment(), f.out, os.Stderr
	if err := f.cmd.Start(); err != nil {
		w.Fatal(err)
	}
	w.Cleanup(func() { f.cmd.Process.Kill(); f.out.Close() })
	w.eventually("the flood has begun", func() bool { return f.size() > 0 })
	stop(w.T, f.cmd.Process)
	if f.size() == floodSize {
		w.Fatal("it was over before it was stopped")
	}
	return f
}

func (f *stoppedFlood) size() int64 {
	info, err := f.out.Stat()
	if err != nil {
		f.Fatal(err)
	}
	return info.Size()
}

// arrives resumes the flood, and waits for its end.
func (f *stoppedFlood) arrives() {
	f.Helper()
	resume(f.T, f.cmd.Process)
	if err := f.cmd.Wait(); err != nil {
		f.Errorf("the flood ended with %v", err)
	}
	if f.sum("flood") != f.want {
		f.Errorf("%d bytes came, and not those that were sent", f.size())
	}
}

// resume is what fg does.
func resume(t *testing.T, p *os.Process) {
	t.Helper()
	if err := p.Signal(syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
}
