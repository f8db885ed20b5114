package pace

import (
	"errors"
	"net"
	"time"

	"golang.org/x/sys/unix"
)

// Known reports whether a client can be watched on this system.
const Known = true

var errNobody = errors.New("no process of this user is at the other end")

// A watched is the client at the other end of a connection over loopback. Mostly it is
// one process. But an ssh that goes on in the background is the child of the one that
// came, and for a while both have the connection.
type watched struct {
	conn    *net.TCPConn
	inode   uint32 // of the client's socket
	holders []*holder
	before  int64     // what those have written that are gone
	scanned time.Time // when holders were last looked for
}

func watch(conn net.Conn) (process, error) {
	c, ok := conn.(*net.TCPConn)
	if !ok {
		return nil, errNobody
	}
	w := &watched{conn: c}
	s, err := w.socket()
	if err != nil {
		return nil, err
	}
	w.inode = s.inode
	return w, w.scan()
}

// socket is the client's.
func (w *watched) socket() (diagnosis, error) {
	return diagnoseTCP(w.conn.RemoteAddr(), w.conn.LocalAddr())
}

// scan looks for processes that have the connection. Those that are new count from now
// on: what they wrote before may have been something else.
func (w *watched) scan() error {
	w.scanned = time.Now()
	pids, err := owners(w.inode)
	if err != nil {
		return err
	}
	for _, pid := range pids {
		if w.knows(pid) {
			continue
		}
		if h, err := hold(pid); err == nil {
			w.holders = append(w.holders, h)
		}
	}
	if len(w.holders) == 0 {
		return errNobody
	}
	return nil
}

func (w *watched) knows(pid string) bool {
	for _, h := range w.holders {
		if h.pid == pid {
			return true
		}
	}
	return false
}

// passed is what was written, without what was written to us. The order is such that
// what is written meanwhile counts as written to us: too low is safe.
func (w *watched) passed() (int64, error) {
	written, err := w.written()
	if err != nil {
		return 0, err
	}
	s, err := w.socket()
	if err != nil {
		return 0, err
	}
	info, err := w.info()
	if err != nil {
		return 0, err
	}
	return written - int64(s.unsent) - int64(info.Bytes_received), nil
}

func (w *watched) written() (int64, error) {
	kept := w.holders[:0]
	for _, h := range w.holders {
		if err := h.read(); err != nil {
			w.before += h.written - h.first
			h.close()
			continue
		}
		kept = append(kept, h)
	}
	if w.holders = kept; len(kept) == 0 {
		if err := w.scan(); err != nil {
			return 0, err
		}
	}
	sum := w.before
	for _, h := range w.holders {
		sum += h.written - h.first
	}
	return sum, nil
}

func (w *watched) info() (info *unix.TCPInfo, err error) {
	raw, err := w.conn.SyscallConn()
	if err != nil {
		return nil, err
	}
	controlErr := raw.Control(func(fd uintptr) {
		info, err = unix.GetsockoptTCPInfo(int(fd), unix.IPPROTO_TCP, unix.TCP_INFO)
	})
	return info, errors.Join(controlErr, err)
}

func (w *watched) close() {
	for _, h := range w.holders {
		h.close()
	}
}
