package atomicfile

import (
	"os"
	"path/filepath"
	"testing"
)

func TestLinksAreWrittenThrough(t *testing.T) {
	dotfiles, home := t.TempDir(), t.TempDir()
	target := put(t, dotfiles, "config", "old", 0o640)
	symlink(t, target, filepath.Join(dotfiles, "middle"))
	path := filepath.Join(home, "config")
	symlink(t, filepath.Join(dotfiles, "middle"), path)

	if err := WriteFile(path, []byte("new"), 0o600); err != nil {
		t.Fatal(err)
	}
	wantFile(t, target, "new", 0o640)
	wantLink(t, path)
	if got := list(t, home); len(got) != 1 {
		t.Errorf("the link's folder holds %q, want the link alone", got)
	}
}

func TestLinkToNothingYetMakesItsTarget(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "config")
	symlink(t, "real", path)
	if err := WriteFile(path, []byte("new"), 0o644); err != nil {
		t.Fatal(err)
	}
	wantFile(t, filepath.Join(dir, "real"), "new", 0o644)
	wantLink(t, path)
}

// ".." in a link counts from where the folder really is.
func TestRelativeLinkInALinkedFolder(t *testing.T) {
	root := t.TempDir()
	deep := filepath.Join(root, "a", "b")
	if err := os.MkdirAll(deep, 0o700); err != nil {
		t.Fatal(err)
	}
	want := put(t, filepath.Join(root, "a"), "real", "old", 0o600)
	symlink(t, "../real", filepath.Join(deep, "config"))
	symlink(t, deep, filepath.Join(root, "ssh"))
	if err := WriteFile(filepath.Join(root, "ssh", "config"), []byte("new"), 0o600); err != nil {
		t.Fatal(err)
	}
	wantFile(t, want, "new", 0o600)
}

func TestLinksInACircleEnd(t *testing.T) {
	dir := t.TempDir()
	symlink(t, "b", filepath.Join(dir, "a"))
	symlink(t, "a", filepath.Join(dir, "b"))
	if err := WriteFile(filepath.Join(dir, "a"), nil, 0o600); err == nil {
		t.Error("WriteFile(circle of links) = nil, want an error")
	}
}
