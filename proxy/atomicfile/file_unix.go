//go:build !windows

package atomicfile

import (
	"errors"
	"io/fs"
	"os"
	"syscall"
)

// Private takes the group's and everybody's rights from a file or folder.
func Private(path string) error {
	info, err := os.Lstat(path)
	if err != nil {
		return err
	}
	if info.Mode()&fs.ModeSymlink != 0 || info.Mode().Perm()&0o077 == 0 {
		return nil // a link's own mode means nothing, and its target is not ours
	}
	rights := fs.FileMode(0o600)
	if info.IsDir() {
		rights = 0o700
	}
	return os.Chmod(path, info.Mode().Perm()&rights)
}

// guard has nothing to do here: CreateTemp's 0600 holds until dress.
func guard(*os.File, style) error { return nil }

// dress gives the file its final mode once the content is in it.
func dress(f *os.File, s style) error {
	if s.old == nil {
		return f.Chmod(s.perm)
	}
	if was, ok := s.old.Sys().(*syscall.Stat_t); ok {
		chown(f, int(was.Uid), int(was.Gid))
	}
	return f.Chmod(s.old.Mode().Perm()) // after chown, which may clear bits
}

// chown keeps owner and group as far as the user may: a group can be kept
// where the owner cannot, and neither is a reason not to write.
func chown(f *os.File, uid, gid int) {
	if f.Chown(uid, gid) != nil {
		_ = f.Chown(-1, gid)
	}
}

func replace(temp, target string, _ bool) error { return os.Rename(temp, target) }

// syncFolder makes the new name last. File systems that cannot do it, and
// folders that cannot be opened, are no failure: the file itself is whole.
func syncFolder(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return nil
	}
	defer d.Close()
	err = d.Sync()
	if errors.Is(err, syscall.EINVAL) || errors.Is(err, syscall.ENOTSUP) || errors.Is(err, syscall.EBADF) {
		return nil
	}
	return err
}
