//go:build unix

package control

import (
	"errors"
	"net"
	"os"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"
)

// A sparing listener keeps one file handle for the day on which there are no others
// left: "baissh status" is to say that, and not to hang.
type sparing struct {
	net.Listener
	raw syscall.RawConn

	mu    sync.Mutex // guards what follows
	spare *os.File   // nil while it is in use
}

func newSparing(own net.Listener, ln *net.UnixListener) (net.Listener, error) {
	raw, err := ln.SyscallConn()
	if err != nil {
		return nil, err
	}
	l := &sparing{Listener: own, raw: raw}
	l.keep()
	return l, nil
}

func (l *sparing) Accept() (net.Conn, error) {
	l.keep()
	c, err := l.Listener.Accept()
	if errors.Is(err, syscall.EMFILE) || errors.Is(err, syscall.ENFILE) {
		if err := l.await(); err != nil {
			return nil, err
		}
		l.give()
		c, err = l.Listener.Accept()
	}
	if err != nil {
		return nil, err
	}
	return &sparedConn{c, l}, nil
}

func (l *sparing) Close() error {
	err := l.Listener.Close()
	l.give()
	return err
}

// await waits until somebody wants to be accepted, so that the spare handle is given for
// nobody else. It looks up now and then, since Close waits for it.
func (l *sparing) await() error {
	const moment = 200 // ms
	for {
		ready := 0
		err := l.raw.Control(func(fd uintptr) {
			ready, _ = unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}, moment)
		})
		if err != nil || ready > 0 {
			return err
		}
	}
}

func (l *sparing) keep() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.spare == nil {
		l.spare, _ = os.Open(os.DevNull) // or later
	}
}

func (l *sparing) give() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.spare != nil {
		l.spare.Close()
		l.spare = nil
	}
}

// A sparedConn may have the spare handle.
type sparedConn struct {
	net.Conn
	l *sparing
}

// Close takes it back before others do.
func (c *sparedConn) Close() error {
	err := c.Conn.Close()
	c.l.keep()
	return err
}
