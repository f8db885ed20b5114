package atomicfile

import (
	"os"
	"path/filepath"
	"testing"
)

func TestPrivateFilesAreClosedToOthers(t *testing.T) {
	for _, tc := range []struct {
		was, content string
		perm         os.FileMode
		changed      bool
		want         os.FileMode
	}{
		{"key", "key", 0o600, false, 0o600},
		{"key", "key", 0o400, false, 0o400},
		{"key", "key", 0o644, false, 0o600},
		{"key", "key", 0o666, false, 0o600},
		{"key", "new", 0o644, true, 0o600},
		{"key", "new", 0o400, true, 0o600},
	} {
		path := put(t, t.TempDir(), "f", tc.was, tc.perm)
		changed, err := WritePrivate(path, []byte(tc.content))
		if changed != tc.changed || err != nil {
			t.Errorf("WritePrivate(%+v) = %v, %v", tc, changed, err)
		}
		wantFile(t, path, tc.content, tc.want)
	}
}

func TestPrivateFolder(t *testing.T) {
	dir := t.TempDir()
	chmod(t, dir, 0o755)
	if err := Private(dir); err != nil {
		t.Fatal(err)
	}
	wantMode(t, dir, 0o700)
}

func TestPrivateDoesNotFollowLinks(t *testing.T) {
	dir := t.TempDir()
	path := put(t, dir, "f", "", 0o644)
	symlink(t, path, filepath.Join(dir, "link"))
	if err := Private(filepath.Join(dir, "link")); err != nil {
		t.Fatal(err)
	}
	wantMode(t, path, 0o644)
}

func TestPrivateOfNothingIsAnError(t *testing.T) {
	if err := Private(filepath.Join(t.TempDir(), "no")); !os.IsNotExist(err) {
		t.Errorf("Private(missing) = %v, want not exist", err)
	}
}
