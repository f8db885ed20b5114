package atomicfile

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// maxLinks is what Linux allows in one path.
const maxLinks = 40

// resolve follows the links at path's last element, also to a file that does
// not exist yet; links above it are the operating system's business.
func resolve(path string) (string, error) {
	for range maxLinks {
		info, err := os.Lstat(path)
		if errors.Is(err, fs.ErrNotExist) {
			return path, nil
		}
		if err != nil {
			return "", err
		}
		if info.Mode()&fs.ModeSymlink == 0 {
			return path, nil
		}
		if path, err = follow(path); err != nil {
			return "", err
		}
	}
	return "", fmt.Errorf("resolve %s: too many links", path)
}

func follow(link string) (string, error) {
	to, err := os.Readlink(link)
	if err != nil {
		return "", err
	}
	if filepath.IsAbs(to) {
		return to, nil
	}
	// ".." in a link counts from the folder's real place.
	dir, err := filepath.EvalSymlinks(filepath.Dir(link))
	if err != nil {
		return "", err
	}
	return filepath.Join(dir, to), nil
}
