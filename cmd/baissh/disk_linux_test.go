package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"baissh/proxy/backendai/backendaitest"
	"baissh/proxy/state"
)

// A home whose disk is full, that cannot be written to, or that loses its .ssh folder:
// what there was stays and goes on to work, status says what is wrong and the way out,
// and all is caught up with when the home is in order, without a hand.
func TestAHomeThatCannotBeWrittenTo(t *testing.T) {
	need(t, "ssh")
	w := newQuietWorld(t, backendaitest.Options{})
	w.smallDisk()
	w.signIn()
	w.furnish()
	w.create(demoSpec)
	w.start()
	w.ready("bai-demo")
	w.eventually("its site is written", func() bool {
		return strings.Contains(w.text(".config", "filezilla", "sitemanager.xml"), "<Name>bai-demo</Name>")
	})
	known := []string{"bai-demo"}
	for _, trouble := range []struct {
		name  string
		begin func(*world)
		end   func(*world)
		says  string
	}{
		{"full", (*world).fill, (*world).makeRoom, "no space left on device"},
		{"closed", (*world).closeDisk, (*world).openDisk, "read-only file system"},
	} {
		trouble.begin(w)
		w.create(backendaitest.SessionSpec{Name: trouble.name})
		alias := "bai-" + trouble.name
		w.until("the trouble is said", func(s *state.Snapshot) bool {
			return writerState(s, "ssh") == "failed" && len(s.Notices) > 0
		})
		w.host(alias, func(h state.Host) bool { return h.State != state.Ready && h.Port != 0 })
		out := w.baissh("", "status")
		for _, words := range []string{
			"ssh: failed: ", trouble.says, "see that the .ssh folder can be written to and its disk has room; baissh keeps trying",
			"note: cannot remember: ",
		} {
			if !strings.Contains(out, words) {
				t.Errorf("%s: status does not say %q:\n%s", trouble.name, words, out)
			}
		}
		if strings.Contains(out, ".tmp") {
			t.Errorf("%s: status names a file that nobody knows:\n%s", trouble.name, out)
		}
		w.whole(known...)
		w.good(w.ssh("bai-demo", "true"))
		trouble.end(w)
		known = append(known, alias)
		w.ready(alias)
		w.until("all is written", func(s *state.Snapshot) bool {
			return writerState(s, "ssh") == "written" && writerState(s, "filezilla") == "written" && len(s.Notices) == 0
		})
		w.whole(known...)
		w.good(w.ssh(alias, "true"))
	}
	if err := os.RemoveAll(w.home.SSH()); err != nil {
		t.Fatal(err)
	}
	w.create(backendaitest.SessionSpec{Name: "next"})
	w.ready("bai-next")
	for _, alias := range append(known, "bai-next") {
		w.eventually("its key is there again", func() bool { return w.text(".ssh", "bai", "keys", alias) != "" })
		w.good(w.ssh(alias, "true"))
	}
}

// smallDisk makes the home a disk of its own.
func (w *world) smallDisk() {
	w.Helper()
	if err := syscall.Mount("tmpfs", w.home.Dir, "tmpfs", 0, "size=2m"); err != nil {
		w.Skipf("needs the right to mount a small tmpfs, which CI has: %v", err)
	}
	w.Cleanup(func() { _ = syscall.Unmount(w.home.Dir, syscall.MNT_DETACH) })
}

func (w *world) filler() string { return filepath.Join(w.home.Dir, "filler") }

// fill leaves no room for a single byte.
func (w *world) fill() {
	w.Helper()
	f, err := os.Create(w.filler())
	if err != nil {
		w.Fatal(err)
	}
	defer f.Close()
	for err == nil {
		_, err = f.Write(make([]byte, 4<<10))
	}
	if !errors.Is(err, syscall.ENOSPC) {
		w.Fatal(err)
	}
}

func (w *world) makeRoom() {
	w.Helper()
	if err := os.Remove(w.filler()); err != nil {
		w.Fatal(err)
	}
}

func (w *world) closeDisk() { w.remount(syscall.MS_RDONLY) }
func (w *world) openDisk()  { w.remount(0) }

// remount waits for those who are just writing.
func (w *world) remount(flags uintptr) {
	w.Helper()
	var err error
	w.eventually(fmt.Sprint("a remount with ", flags), func() bool {
		err = syscall.Mount("", w.home.Dir, "", syscall.MS_REMOUNT|flags, "")
		return !errors.Is(err, syscall.EBUSY)
	})
	if err != nil {
		w.Fatal(err)
	}
}
