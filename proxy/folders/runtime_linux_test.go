package folders

import (
	"os"
	"path/filepath"
	"strconv"
	"testing"
)

// A shell that came by "su" finds the socket of the engine that systemd started.
func TestRuntimeDirIsTheUsersOwn(t *testing.T) {
	base, own := t.TempDir(), t.TempDir()
	usual := filepath.Join(base, strconv.Itoa(os.Getuid()))
	if err := os.Mkdir(usual, 0o700); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ what, named, base, want string }{
		{"named", own, base, own},
		{"named, and gone", filepath.Join(own, "gone"), base, usual},
		{"named, and the system makes none", filepath.Join(own, "later"), own, filepath.Join(own, "later")},
		{"unset", "", base, usual},
		{"another user's", anothers(t), base, usual},
		{"another user's, and the system makes none", anothers(t), own, ""},
		{"unset, and the system makes none", "", own, ""},
	} {
		if got := runtimeDir(tt.named, tt.base); got != tt.want {
			t.Errorf("%s: runtimeDir(%q, %q) = %q, want %q", tt.what, tt.named, tt.base, got, tt.want)
		}
	}
}

// anothers is a folder that belongs to somebody else.
func anothers(t *testing.T) string {
	t.Helper()
	if os.Getuid() != 0 {
		return "/"
	}
	dir := t.TempDir()
	if err := os.Chown(dir, 54321, 54321); err != nil {
		t.Fatal(err)
	}
	return dir
}
