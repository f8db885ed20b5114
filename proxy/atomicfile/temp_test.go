package atomicfile

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// What a crash has left goes with the next process's first write in the folder; what
// somebody writes stays, and so does what only looks like it.
func TestWhatACrashLeftIsSweptAway(t *testing.T) {
	dir := t.TempDir()
	left := put(t, dir, ".baissh-1.tmp", "half", 0o600)
	mine := put(t, dir, ".baissh-notes", "mine", 0o600)
	long := time.Now().Add(-time.Hour)
	if err := os.Chtimes(left, long, long); err != nil {
		t.Fatal(err)
	}
	writing, err := createTemp(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer writing.Close()
	if err := WriteFile(filepath.Join(dir, "f"), []byte("text"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Lstat(left); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("what was left: %v", err)
	}
	for _, path := range []string{mine, writing.Name()} {
		if _, err := os.Lstat(path); err != nil {
			t.Error(err)
		}
	}
}

// Two who write in one folder do not sweep away each other's files.
func TestWritersDoNotSweepEachOther(t *testing.T) {
	dir := t.TempDir()
	errs := make(chan error)
	for i := range 8 {
		go func() {
			var err error
			for range 50 {
				swept.Delete(dir) // as in a process of its own
				err = errors.Join(err, WriteFile(filepath.Join(dir, string(rune('a'+i))), []byte("text"), 0o600))
			}
			errs <- err
		}()
	}
	for range 8 {
		if err := <-errs; err != nil {
			t.Error(err)
		}
	}
}
