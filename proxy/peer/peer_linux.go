package peer

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"strconv"
	"strings"
)

// Known reports whether UID can be asked on this system.
const Known = true

// UID returns the user id of the other end of c, a TCP connection over IPv4 loopback.
// It fails with [ErrUnknown] where that end is gone.
//
// The kernel lists the sockets of this network namespace with their owners, in
// /proc/net (proc(5)). One that was opened for IPv6 is in a list of its own, also when
// it reached us over IPv4.
func UID(c net.Conn) (int, error) {
	other, ok := c.RemoteAddr().(*net.TCPAddr)
	ours, ok2 := c.LocalAddr().(*net.TCPAddr)
	if !ok || !ok2 || other.IP.To4() == nil || ours.IP.To4() == nil {
		return -1, ErrUnknown
	}
	uid, err := ownerIn("/proc/net/tcp", hex(other), hex(ours))
	if err != nil || uid >= 0 {
		return uid, err
	}
	const mapped = "0000000000000000FFFF0000"
	uid, err = ownerIn("/proc/net/tcp6", mapped+hex(other), mapped+hex(ours))
	if uid < 0 && (err == nil || errors.Is(err, fs.ErrNotExist)) { // or IPv6 is switched off
		err = ErrUnknown
	}
	return uid, err
}

// hex is an address as the kernel prints it: the bytes as one number of this machine.
func hex(a *net.TCPAddr) string {
	return fmt.Sprintf("%08X:%04X", binary.NativeEndian.Uint32(a.IP.To4()), a.Port)
}

// ownerIn returns the owner of the socket between two addresses, or -1. A socket that
// its program has closed has no inode, and is root's to many a kernel.
func ownerIn(file, from, to string) (int, error) {
	f, err := os.Open(file)
	if err != nil {
		return -1, err
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		fields := strings.Fields(lines.Text())
		if len(fields) > 9 && fields[1] == from && fields[2] == to && fields[9] != "0" {
			return strconv.Atoi(fields[7])
		}
	}
	return -1, lines.Err()
}
