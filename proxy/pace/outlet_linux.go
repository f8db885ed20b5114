package pace

import (
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

var errUnknownOutlet = errors.New("the client writes to something that cannot be looked at")

// outletClear reports whether what a descriptor of the client leads to would take more
// from it. What cannot be written to, or takes all at once, always would.
func outletClear(path string, connection uint32) (bool, error) {
	link, err := os.Lstat(path)
	if err != nil || link.Mode().Perm()&0o200 == 0 {
		return true, nil // it is closed by now, or only read from
	}
	var st unix.Stat_t
	if err := unix.Stat(path, &st); err != nil {
		return true, nil
	}
	switch st.Mode & unix.S_IFMT {
	case unix.S_IFIFO:
		return writable(path)
	case unix.S_IFCHR:
		return deviceClear(path, st.Rdev)
	case unix.S_IFSOCK:
		if st.Ino == uint64(connection) {
			return true, nil
		}
		return socketClear(uint32(st.Ino))
	}
	return true, nil
}

// Devices by their major numbers (the kernel's admin-guide/devices.txt).
const (
	memory         = 1 // null and the like
	terminal       = 4
	controlling    = 5
	firstPseudo    = 136
	lastPseudo     = 143
	unreadAllowed  = 16 << 10 // bytes in a socket, with which its writer does not wait
	stateListening = 10       // TCP_LISTEN, of unix sockets too
)

func deviceClear(path string, device uint64) (bool, error) {
	switch major := unix.Major(device); {
	case major == memory:
		return true, nil
	case major == terminal, major == controlling, major >= firstPseudo && major <= lastPseudo:
		return writable(path)
	default:
		return false, fmt.Errorf("device %d: %w", major, errUnknownOutlet)
	}
}

// writable opens a pipe or terminal for a moment, which nobody notices. A pipe without a
// reader cannot be opened: what is written to it, nobody misses.
func writable(path string) (bool, error) {
	fd, err := unix.Open(path, unix.O_WRONLY|unix.O_NONBLOCK|unix.O_NOCTTY|unix.O_CLOEXEC, 0)
	switch {
	case errors.Is(err, unix.ENXIO), errors.Is(err, unix.ENOENT):
		return true, nil
	case err != nil:
		return false, fmt.Errorf("%w: %w", errUnknownOutlet, err)
	}
	defer unix.Close(fd)
	poll := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLOUT}}
	n, err := unix.Poll(poll, 0)
	if errors.Is(err, unix.EINTR) {
		return false, nil
	}
	return n > 0, err
}

// socketClear is about one that may be of a program's for its child (scp, sftp, rsync),
// of a forwarding, or of a shared connection.
func socketClear(inode uint32) (bool, error) {
	s, err := diagnoseUnix(inode)
	if errors.Is(err, unix.ENOENT) {
		s, err = findTCP(inode)
	}
	if err != nil {
		return false, err
	}
	return s.listening || s.unsent <= unreadAllowed, nil
}
