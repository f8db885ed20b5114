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
	if filepath.IsAbs(named) && ownerIs(named, os.Getuid(), true) {
		return named
	}
	if usual := filepath.Join(base, strconv.Itoa(os.Getuid())); ownerIs(usual, os.Getuid(), false) {
		return usual
	}
	return ""
}

// ownerIs is missing where there is no such folder.
func ownerIs(dir string, uid int, missing bool) bool {
	info, err := os.Stat(dir)
	if err != nil {
		return missing
	}
	st, ok := info.Sys().(*syscall.Stat_t)
	return ok && info.IsDir() && int(st.Uid) == uid
}
