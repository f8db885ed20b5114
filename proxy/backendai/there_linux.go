package backendai

import (
	"net"
	"syscall"

	"golang.org/x/sys/unix"
)

// isThere reports whether the machine at the other end of a TCP connection answers,
// though what runs on it may read nothing: it has acknowledged all that was sent, and says
// so each time that we ask for room. Who is gone leaves us repeating what we sent, or
// asking.
func isThere(conn net.Conn) bool {
	if w, ok := conn.(*wire); ok {
		conn = w.Conn
	}
	socket, ok := conn.(syscall.Conn)
	if !ok {
		return false
	}
	raw, err := socket.SyscallConn()
	if err != nil {
		return false
	}
	var info *unix.TCPInfo
	asked := raw.Control(func(fd uintptr) {
		info, err = unix.GetsockoptTCPInfo(int(fd), unix.IPPROTO_TCP, unix.TCP_INFO)
	})
	const underWay = 1 // a question that was asked a moment ago
	return asked == nil && err == nil && info.Retransmits == 0 && info.Probes <= underWay
}
