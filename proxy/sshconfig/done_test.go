package sshconfig

import (
	"os"
	"testing"
	"time"

	"baissh/proxy/state"
)

// A Writer that had nothing to do looks no further than at its files' times. Whatever
// becomes of one of them is mended all the same.
func TestWhatBecomesOfAFileOfOldIsMended(t *testing.T) {
	w := &Writer{Dir: newDir(t), Mode: Include}
	put(t, w.Dir.Config(), "Host mine\n")
	entries := []state.Entry{demo(w.Dir)}
	rest := func() {
		t.Helper()
		w.Write(t.Context(), entries)
		for _, path := range w.files() {
			age(t, path)
		}
		wantState(t, w.Write(t.Context(), entries), "written", "")
		if !w.done.still(w.Mode, w.found, entries) {
			t.Fatal("it goes on working, and nothing has changed")
		}
	}
	for _, file := range []string{w.Dir.KnownHosts(), w.Dir.BaiConfig()} {
		rest()
		good := read(t, file)
		put(t, file, "# as long as ours, perhaps, or not")
		w.Write(t.Context(), entries)
		if read(t, file) != good {
			t.Errorf("%s stays %q", file, read(t, file))
		}
	}
	rest()
	if err := os.Chmod(w.Dir.KnownHosts(), 0o644); err != nil {
		t.Fatal(err)
	}
	w.Write(t.Context(), entries)
	wantMode(t, w.Dir.KnownHosts(), 0o600)
	rest()
	put(t, w.Dir.Config(), "Host mine\n")
	wantState(t, w.Write(t.Context(), entries), "written", "taken out")
}

// age makes a file an hour old, if it is there.
func age(t *testing.T, path string) {
	t.Helper()
	long := time.Now().Add(-time.Hour)
	if err := os.Chtimes(path, long, long); err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
}
