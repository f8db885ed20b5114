package atomicfile

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

func TestFullDiskLeavesTheOldFile(t *testing.T) {
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=64k"); err != nil {
		t.Skipf("needs the right to mount a small tmpfs: %v", err)
	}
	t.Cleanup(func() { _ = syscall.Unmount(dir, syscall.MNT_DETACH) })
	path := put(t, dir, "f", "old", 0o640)

	err := WriteFile(path, make([]byte, 1<<20), 0o600)
	if !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("WriteFile on a full disk = %v, want ENOSPC", err)
	}
	wantFile(t, path, "old", 0o640)
	if got := list(t, dir); len(got) != 1 {
		t.Errorf("folder holds %q afterwards, want the old file alone", got)
	}
}

func TestOwnerIsKept(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("needs root, which alone may give files away")
	}
	path := put(t, t.TempDir(), "f", "old", 0o640)
	if err := os.Chown(path, 1234, 2345); err != nil {
		t.Skipf("needs the right to give files away: %v", err)
	}
	if err := WriteFile(path, []byte("new"), 0o600); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if s := info.Sys().(*syscall.Stat_t); s.Uid != 1234 || s.Gid != 2345 {
		t.Errorf("owner is %d:%d afterwards, want 1234:2345", s.Uid, s.Gid)
	}
	wantFile(t, path, "new", 0o640)
}

func TestPipeIsRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Skipf("needs named pipes: %v", err)
	}
	if err := WriteFile(path, nil, 0o600); !errors.Is(err, ErrNotRegular) {
		t.Errorf("WriteFile(pipe) = %v, want ErrNotRegular", err)
	}
}
