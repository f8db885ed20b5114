package main

import (
	"errors"
	"fmt"
	"io"
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

	w.fill()
	w.create(backendaitest.SessionSpec{Name: "later"})
	w.wantUnwritten("no space left on device") // what is remembered may find room where it was before
	w.host("bai-later", func(h state.Host) bool { return h.State != state.Ready && h.Port != 0 })
	w.whole("bai-demo")
	w.good(w.ssh("bai-demo", "true"))
	w.stop()
	w.start() // which needs no room
	w.ready("bai-demo")
	w.good(w.ssh("bai-demo", "true"))
	w.makeRoom()
	w.ready("bai-later")
	w.wantWritten()
	w.whole("bai-demo", "bai-later")
	w.good(w.ssh("bai-later", "true"))

	w.closeDisk()
	w.manager.Sessions()[1].End()
	w.wantUnwritten("read-only file system", "note: cannot remember: ")
	w.whole("bai-demo", "bai-later")
	w.openDisk() // and nothing else happens
	w.wantWritten()
	if text := w.text(".ssh", "bai", "config"); strings.Contains(text, "bai-later") {
		t.Errorf("ssh's config is\n%s", text)
	}
	w.whole("bai-demo")

	w.stop()
	w.closeDisk()
	var complaint strings.Builder
	code := run(t.Context(), []string{"--home", w.home.Dir, "run"}, nil, io.Discard, &complaint)
	if code != exitFailed || !strings.Contains(complaint.String(), "read-only file system") || !strings.Contains(complaint.String(), "hint: see that it can be written to") {
		t.Errorf("a start there ends with status %d: %s", code, complaint.String())
	}
	w.openDisk()
	w.start()
	w.ready("bai-demo")

	if err := os.RemoveAll(w.home.SSH()); err != nil {
		t.Fatal(err)
	}
	w.create(backendaitest.SessionSpec{Name: "next"})
	w.ready("bai-next")
	for _, alias := range []string{"bai-demo", "bai-next"} {
		w.eventually("its key is there again", func() bool { return w.text(".ssh", "bai", "keys", alias) != "" })
		w.good(w.ssh(alias, "true"))
	}
}

// wantUnwritten waits until the writers have failed, and reads what status says of it.
func (w *world) wantUnwritten(words ...string) {
	w.Helper()
	w.until("the trouble is said", func(s *state.Snapshot) bool { return writerState(s, "ssh") == "failed" })
	out := w.baissh("", "status")
	words = append(words, "ssh: failed: ", "see that the .ssh folder can be written to and its disk has room; baissh keeps trying")
	for _, words := range words {
		if !strings.Contains(out, words) {
			w.Errorf("status does not say %q:\n%s", words, out)
		}
	}
	if strings.Contains(out, ".tmp") {
		w.Errorf("status names a file that nobody knows:\n%s", out)
	}
}

func (w *world) wantWritten() {
	w.Helper()
	w.until("all is written", func(s *state.Snapshot) bool {
		return writerState(s, "ssh") == "written" && writerState(s, "filezilla") == "written" && len(s.Notices) == 0
	})
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
