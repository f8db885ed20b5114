package atomicfile

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// What a crash has left goes; what somebody writes stays, and so does what only looks
// like it.
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
	Sweep(dir, filepath.Join(dir, "missing"))
	if _, err := os.Lstat(left); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("what was left: %v", err)
	}
	for _, path := range []string{mine, writing.Name()} {
		if _, err := os.Lstat(path); err != nil {
			t.Error(err)
		}
	}
}

// Those who start do not sweep away what others write.
func TestNobodySweepsAwayWhatOthersWrite(t *testing.T) {
	dir := t.TempDir()
	errs := make(chan error)
	for i := range 8 {
		go func() {
			var err error
			for range 50 {
				Sweep(dir)
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
