package folders

import (
	"os"
	"path/filepath"
	"strconv"
	"syscall"
)

// RuntimeDir is the folder that the system makes for the user's sockets, or ""
// where it makes none.
func RuntimeDir() string {
	return runtimeDir(os.Getenv("XDG_RUNTIME_DIR"), "/run/user")
}

// runtimeDir does not need the variable: after "su -" and "sudo -i" it is unset,
// after "su" it names the folder of who was there before. Whoever comes that way
// is to find the engine that systemd started.
func runtimeDir(named, base string) string {
	usual := filepath.Join(base, strconv.Itoa(os.Getuid()))
	switch {
	case filepath.IsAbs(named) && isOwn(named):
		return named
	case isOwn(usual):
		return usual
	case filepath.IsAbs(named) && !exists(named):
		return named // whoever set it may mean to make it
	}
	return ""
}

func isOwn(dir string) bool {
	info, err := os.Stat(dir)
	if err != nil {
		return false
	}
	st, ok := info.Sys().(*syscall.Stat_t)
	return ok && info.IsDir() && int(st.Uid) == os.Getuid()
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}
