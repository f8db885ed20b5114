package atomicfile

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestNewFileGetsExactlyItsMode(t *testing.T) {
	for _, perm := range []os.FileMode{0o600, 0o644, 0o660, 0o400} {
		path := filepath.Join(t.TempDir(), "new")
		if err := WriteFile(path, []byte("x"), perm); err != nil {
			t.Fatal(err)
		}
		wantFile(t, path, "x", perm)
	}
}

func TestExistingFileKeepsItsMode(t *testing.T) {
	for _, perm := range []os.FileMode{0o600, 0o644, 0o664, 0o400} {
		path := put(t, t.TempDir(), "f", "old", perm)
		if err := WriteFile(path, []byte("new"), 0o600); err != nil {
			t.Fatal(err)
		}
		wantFile(t, path, "new", perm)
	}
}

func TestEqualContentIsNotWritten(t *testing.T) {
	path := put(t, t.TempDir(), "f", "text", 0o644)
	failing := pen{write: func(*os.File, []byte) error { return errors.New("written") }}
	changed, err := failing.writeFileIfChanged(path, []byte("text"), 0o600)
	if changed || err != nil {
		t.Errorf("writeFileIfChanged(equal) = %v, %v; want false, nil", changed, err)
	}
	changed, err = WriteFileIfChanged(path, []byte("tex2"), 0o600)
	if !changed || err != nil {
		t.Errorf("WriteFileIfChanged(other) = %v, %v; want true, nil", changed, err)
	}
	wantFile(t, path, "tex2", 0o644)
}

func TestNotRegularIsRefused(t *testing.T) {
	dir := t.TempDir()
	file := put(t, dir, "f", "precious", 0o600)
	link := filepath.Join(dir, "link")
	symlink(t, file, link)
	symlink(t, dir, filepath.Join(dir, "to-folder"))

	if err := WriteFile(dir, nil, 0o600); !errors.Is(err, ErrNotRegular) {
		t.Errorf("WriteFile(folder) = %v, want ErrNotRegular", err)
	}
	if err := WriteFile(filepath.Join(dir, "to-folder"), nil, 0o600); !errors.Is(err, ErrNotRegular) {
		t.Errorf("WriteFile(link to a folder) = %v, want ErrNotRegular", err)
	}
	if _, err := WritePrivate(link, []byte("key")); !errors.Is(err, ErrNotRegular) {
		t.Errorf("WritePrivate(link) = %v, want ErrNotRegular", err)
	}
	wantFile(t, file, "precious", 0o600)
}

func TestFailureLeavesTheOldFileAndNothingElse(t *testing.T) {
	full := errors.New("no space left on device")
	halfWritten := func(f *os.File, data []byte) error {
		_, _ = f.Write(data[:len(data)/2])
		return full
	}
	for name, p := range map[string]pen{
		"write":   {write: halfWritten},
		"replace": {replace: func(string, string, bool) error { return full }},
	} {
		for _, exists := range []bool{true, false} {
			dir := t.TempDir()
			path := filepath.Join(dir, "f")
			want := 0
			if exists {
				put(t, dir, "f", "old", 0o640)
				want = 1
			}
			if err := p.writeFile(path, []byte("new content"), 0o600); !errors.Is(err, full) {
				t.Errorf("%s: writeFile = %v, want %v", name, err, full)
			}
			if changed, err := p.writePrivate(path, []byte("new content")); changed || !errors.Is(err, full) {
				t.Errorf("%s: writePrivate = %v, %v; want false, %v", name, changed, err, full)
			}
			if names := list(t, dir); len(names) != want {
				t.Errorf("%s: folder holds %q afterwards, want %d files", name, names, want)
			}
			if exists {
				wantFile(t, path, "old", 0o640)
			}
		}
	}
}

func TestReadOnlyFolderLeavesTheOldFile(t *testing.T) {
	if os.Geteuid() <= 0 {
		t.Skip("needs a user whom a folder's mode stops; this is root, or Windows")
	}
	dir := t.TempDir()
	path := put(t, dir, "f", "old", 0o600)
	chmod(t, dir, 0o500)
	defer chmod(t, dir, 0o700)
	if err := WriteFile(path, []byte("new"), 0o600); !errors.Is(err, os.ErrPermission) {
		t.Errorf("WriteFile in a read-only folder = %v, want a permission error", err)
	}
	wantFile(t, path, "old", 0o600)
}

func TestMissingFolderIsAnError(t *testing.T) {
	if err := WriteFile(filepath.Join(t.TempDir(), "no", "f"), nil, 0o600); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("WriteFile below a missing folder = %v, want not exist", err)
	}
}

func TestTempFileLiesBesideTheTargetAndIsPrivate(t *testing.T) {
	t.Setenv("TMPDIR", filepath.Join(t.TempDir(), "missing"))
	dir := t.TempDir()
	put(t, dir, "f", "old", 0o644)
	seen := false
	p := pen{write: func(f *os.File, data []byte) error {
		seen = true
		if got := filepath.Dir(f.Name()); got != dir {
			t.Errorf("temporary file in %s, want %s", got, dir)
		}
		if name := filepath.Base(f.Name()); !IsTemp(name) {
			t.Errorf("IsTemp(%q) = false, want true", name)
		}
		wantMode(t, f.Name(), 0o600)
		_, err := f.Write(data)
		return err
	}}
	if err := p.writeFile(filepath.Join(dir, "f"), []byte("secret"), 0o600); err != nil {
		t.Fatal(err)
	}
	if !seen {
		t.Error("nothing was written")
	}
}

func TestIsTempKnowsNoOtherFile(t *testing.T) {
	for _, name := range []string{"config", "bai-x", ".candidate", "x.tmp", ".baissh-", ""} {
		if IsTemp(name) {
			t.Errorf("IsTemp(%q) = true, want false", name)
		}
	}
}

// A reader beside the writer sees one text or the other, whole.
func TestReaderSeesOldOrNew(t *testing.T) {
	texts := []string{strings.Repeat("a", 1<<16), strings.Repeat("b", 1<<17)}
	path := put(t, t.TempDir(), "f", texts[0], 0o600)
	done := make(chan error)
	go func() { // ends after its 200 writes
		var err error
		for i := range 200 {
			err = errors.Join(err, WriteFile(path, []byte(texts[i%2]), 0o600))
		}
		done <- err
	}()
	for {
		select {
		case err := <-done:
			if err != nil {
				t.Error(err)
			}
			return
		default:
		}
		got, err := os.ReadFile(path)
		if err != nil || (!bytes.Equal(got, []byte(texts[0])) && !bytes.Equal(got, []byte(texts[1]))) {
			t.Fatalf("read %d bytes, %v: neither text", len(got), err)
		}
	}
}
