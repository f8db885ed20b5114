package atomicfile

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

func TestASealIsBrokenByEveryChange(t *testing.T) {
	long := time.Now().Add(-time.Hour)
	changes := map[string]func(t *testing.T, dir, file string){
		"another size": func(t *testing.T, _, file string) { write(t, file, "longer than it was", long) },
		"another time": func(t *testing.T, _, file string) { write(t, file, "as long", long.Add(time.Second)) },
		"another file": func(t *testing.T, dir, file string) {
			write(t, filepath.Join(dir, "new"), "as long", long)
			must(t, os.Rename(filepath.Join(dir, "new"), file))
		},
		"another mode":    func(t *testing.T, _, file string) { must(t, os.Chmod(file, 0o400)) },
		"no file":         func(t *testing.T, _, file string) { must(t, os.Remove(file)) },
		"one that is new": func(t *testing.T, dir, _ string) { write(t, filepath.Join(dir, "none"), "", long) },
		"another folder":  func(t *testing.T, dir, _ string) { must(t, os.Chmod(dir, 0o750)) },
	}
	for name, change := range changes {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			file := filepath.Join(dir, "file")
			write(t, file, "as long", long)
			s := SealFiles(dir, file, filepath.Join(dir, "none"))
			if !s.Unbroken() {
				t.Fatal("it is broken, and nothing has changed")
			}
			if change(t, dir, file); s.Unbroken() {
				t.Error("it is not broken")
			}
		})
	}
}

// A file system may count time in seconds, so that another change just now leaves
// the same time behind.
func TestAFreshFileIsNotSealed(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	write(t, file, "text", time.Now())
	if SealFiles(file).Unbroken() {
		t.Error("it is taken to be as it was")
	}
	if (Seal{}).Unbroken() {
		t.Error("a seal of nothing is unbroken")
	}
}

func write(t *testing.T, file, text string, changed time.Time) {
	t.Helper()
	must(t, os.WriteFile(file, []byte(text), 0o600))
	must(t, os.Chtimes(file, changed, changed))
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
