package sshconfig

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
)

func TestKeysArePlainAndPrivate(t *testing.T) {
	w := &Writer{Dir: newDir(t), Mode: Off}
	for given, want := range map[string]string{
		"-----BEGIN\nx\n-----END\n":       "-----BEGIN\nx\n-----END\n",
		"-----BEGIN\nx\n-----END":         "-----BEGIN\nx\n-----END\n",
		"-----BEGIN\r\nx\r\n-----END\r\n": "-----BEGIN\nx\n-----END\n",
		"\n-----BEGIN\nx\n-----END\n\n":   "-----BEGIN\nx\n-----END\n",
	} {
		path, err := w.WriteKey("bai-a", []byte(given))
		if err != nil || path != w.Dir.KeyFile("bai-a") {
			t.Fatalf("WriteKey(%q) = %q, %v", given, path, err)
		}
		wantText(t, path, want)
		wantMode(t, path, 0o600)
		wantMode(t, w.Dir.Keys(), 0o700)
	}
}

func TestModeOfAKeyIsRepaired(t *testing.T) {
	w := &Writer{Dir: newDir(t)}
	path := put(t, w.Dir.KeyFile("bai-a"), "key\n")
	for _, dir := range []string{path, w.Dir.Keys(), w.Dir.Bai(), w.Dir.Path} {
		if err := os.Chmod(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := w.WriteKey("bai-a", []byte("key")); err != nil {
		t.Fatal(err)
	}
	wantMode(t, path, 0o600)
	wantMode(t, w.Dir.Keys(), 0o700)
	wantMode(t, w.Dir.Bai(), 0o700)
	wantMode(t, w.Dir.Path, 0o755) // the user's own business
}

func TestKeyIsNotWrittenElsewhere(t *testing.T) {
	w := &Writer{Dir: newDir(t)}
	own := put(t, filepath.Join(w.Dir.Path, "id_rsa"), "precious")
	put(t, w.Dir.KeyFile("bai-x"), "")
	if err := os.Symlink(own, w.Dir.KeyFile("bai-a")); err != nil {
		t.Skipf("needs symbolic links: %v", err)
	}
	for _, alias := range []string{"bai-a", "../id_rsa", "..", "", "a/b", "bai-훈련"} {
		if _, err := w.WriteKey(alias, []byte("key")); err == nil {
			t.Errorf("WriteKey(%q) = nil, want an error", alias)
		}
	}
	if _, err := w.WriteKey("bai-x", []byte(" \r\n")); err == nil {
		t.Error("WriteKey(empty) = nil, want an error")
	}
	wantText(t, own, "precious")
}

func TestOnlyKeysOfGoneAliasesAreRemoved(t *testing.T) {
	w := &Writer{Dir: newDir(t)}
	keys := w.Dir.Keys()
	for _, name := range []string{"bai-a", "bai-a.ppk", "bai-gone", "bai-gone.ppk", ".baissh-123.tmp", "README", "_notes"} {
		put(t, filepath.Join(keys, name), "x")
	}
	if err := os.Mkdir(filepath.Join(keys, "bai-folder"), 0o700); err != nil {
		t.Fatal(err)
	}
	outside := put(t, filepath.Join(w.Dir.Path, "id_rsa"), "x")
	if err := os.Symlink(outside, filepath.Join(keys, "bai-link")); err != nil {
		t.Logf("no symbolic links here: %v", err)
	}
	files, err := w.KeyFiles()
	if err := errors.Join(err, w.RemoveKeys(files, map[string]bool{"bai-a": true})); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]bool{
		"bai-a": true, "bai-a.ppk": true, "bai-gone": false, "bai-gone.ppk": false,
		".baissh-123.tmp": false, "README": true, "_notes": true, "bai-folder": true,
	} {
		if got := exists(filepath.Join(keys, name)); got != want {
			t.Errorf("%s is there: %v, want %v", name, got, want)
		}
	}
	if !exists(outside) {
		t.Error("a file outside our folder was removed")
	}
}

func TestRemoveKeysWithoutAFolder(t *testing.T) {
	w := &Writer{Dir: newDir(t)}
	files, err := w.KeyFiles()
	if err := errors.Join(err, w.RemoveKeys(files, nil)); err != nil {
		t.Errorf("RemoveKeys without a folder = %v, want nil", err)
	}
}
