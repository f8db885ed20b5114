//go:build chaos && linux

package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"baissh/proxy/backendai/backendaitest"
	"baissh/proxy/state"
)

// The engine is killed at each of the calls that change files, in turn, in a home where
// a session has ended and another has begun since it ran last. Whatever it was in the
// middle of: every file is whole, ssh reads them, and the next engine completes the work.
func TestKilledAtEachChangeOfAFile(t *testing.T) {
	need(t, "ssh", "go")
	w := newQuietWorld(t, backendaitest.Options{}, demoSpec)
	program := built(t, w.home.Dir)
	w.ownPorts()
	w.furnish()
	w.start()
	before := w.ready("bai-demo")
	w.stop()
	files := w.files()

	killed := 0
	for n := 1; ; n++ {
		old := w.manager.Sessions()
		next := fmt.Sprintf("next-%d", n)
		w.create(backendaitest.SessionSpec{Name: next})
		for _, s := range old {
			if s.Name() != "demo" {
				s.End()
			}
		}
		if !w.killAt(program, n, "bai-"+next) {
			t.Logf("killed at each of %d calls", killed)
			break
		}
		killed++
		w.intact(n)
		w.start()
		if after := w.ready("bai-demo"); after.Port != before.Port {
			t.Errorf("after a kill at call %d the port is %d, was %d", n, after.Port, before.Port)
		}
		w.ready("bai-" + next)
		w.until("FileZilla's file is written", func(s *state.Snapshot) bool { return writerState(s, "filezilla") == "written" })
		w.stop()
		w.intact(n)
		if got, want := w.files(), withKey(files, next); !slices.Equal(got, want) {
			t.Errorf("call %d: there are the files %q, want %q", n, got, want)
		}
		if t.Failed() {
			t.Fatalf("at call %d", n)
		}
	}
	if killed < 20 {
		t.Errorf("only %d calls were seen", killed)
	}
}

// withKey is what files there are when a session of this name runs as well.
func withKey(files []string, session string) []string {
	return slices.Sorted(slices.Values(append(slices.Clone(files), "/.ssh/bai/keys/bai-"+session)))
}

// killAt runs an engine until it makes its nth call that changes a file, and reports
// whether that came to be before all was done.
func (w *world) killAt(program string, n int, host string) bool {
	w.Helper()
	log, err := os.CreateTemp(w.TempDir(), "log")
	if err != nil {
		w.Fatal(err)
	}
	defer log.Close()
	cmd := exec.Command(program, "run")
	cmd.Env = append(w.environment(), "BAISSH_HOME="+w.home.Dir)
	cmd.Stderr = log
	type end struct {
		killed bool
		err    error
	}
	ended := make(chan end, 1)
	go func() {
		t := &tracer{folder: w.home.Dir, n: n}
		killed, err := t.run(cmd)
		ended <- end{killed, err}
	}()
	ctx, cancel := context.WithTimeout(w.Context(), patience)
	defer cancel()
	ready := make(chan error, 1)
	go func() { ready <- w.manager.Wait(ctx, func() bool { return w.complete(ctx, host) }) }()
	select {
	case e := <-ended:
		cancel()
		<-ready
		if e.err != nil || !e.killed {
			w.Fatalf("call %d: it ended by itself: %v: %s", n, e.err, textOf(log))
		}
		return true
	case err := <-ready:
		cmd.Process.Kill()
		e := <-ended
		if err = errors.Join(err, e.err); err != nil {
			w.Fatalf("call %d: %v, neither killed nor ready: %s", n, err, textOf(log))
		}
		return e.killed // in the very last moment
	}
}

func textOf(f *os.File) string {
	text, _ := os.ReadFile(f.Name())
	return string(text)
}

// complete reports whether all that the sessions ask for is done.
func (w *world) complete(ctx context.Context, host string) bool {
	s, err := w.client.Status(ctx, 0)
	if err != nil {
		return false
	}
	h, ok := s.Host(host)
	return ok && h.State == state.Ready && writerState(s, "filezilla") == "written"
}

// intact looks at every file that others read.
func (w *world) intact(n int) {
	w.Helper()
	for _, host := range []string{"elsewhere", "bai-demo"} {
		if r := w.program(nil, "ssh", "-G", "-F", w.config(), host); r.err != nil {
			w.Errorf("call %d: ssh does not read the files: %v: %s", n, r.err, r.complaint)
		}
	}
	if text := w.text(".ssh", "config"); !strings.HasSuffix(text, myHosts) {
		w.Errorf("call %d: the user's config is %q", n, text)
	}
	if text := w.text(".config", "filezilla", "sitemanager.xml"); !strings.HasPrefix(text, mySites[:200]) || !strings.HasSuffix(text, "</FileZilla3>\r\n") {
		w.Errorf("call %d: sitemanager.xml is %q", n, text)
	}
}

// files are the names of all files in the home.
func (w *world) files() (names []string) {
	w.Helper()
	err := filepath.WalkDir(w.home.Dir, func(name string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			names = append(names, strings.TrimPrefix(name, w.home.Dir))
		}
		return err
	})
	if err != nil {
		w.Fatal(err)
	}
	return slices.Sorted(slices.Values(names))
}
