package peer

import (
	"errors"
	"net"
	"os"
	"testing"

	"golang.org/x/sys/unix"
)

func listen(t *testing.T) net.Listener {
	t.Helper()
	ln, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ln.Close() })
	return ln
}

func accept(t *testing.T, ln net.Listener) net.Conn {
	t.Helper()
	c, err := ln.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

func TestOwnerOfAConnection(t *testing.T) {
	ln := listen(t)
	client, err := net.Dial("tcp4", ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	c := accept(t, ln)
	if uid, err := UID(c); uid != os.Getuid() || err != nil {
		t.Errorf("got %d, %v, want %d", uid, err, os.Getuid())
	}
	client.(*net.TCPConn).SetLinger(0)
	client.Close()
	if _, err := c.Read(make([]byte, 1)); err == nil {
		t.Fatal("it is still there")
	}
	if uid, err := UID(c); !errors.Is(err, ErrUnknown) {
		t.Errorf("of one that is gone: %d, %v", uid, err)
	}
}

// A socket that its program has closed is nobody's any more, and the kernel then says root.
func TestOwnerOfAClosedConnectionIsUnknown(t *testing.T) {
	ln := listen(t)
	client, err := net.Dial("tcp4", ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	c := accept(t, ln)
	if _, err := client.Write([]byte("SSH-")); err != nil {
		t.Fatal(err)
	}
	client.Close() // in order: this end is still open
	if _, err := c.Read(make([]byte, 8)); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Read(make([]byte, 8)); err == nil {
		t.Fatal("the client has not closed")
	}
	if uid, err := UID(c); !errors.Is(err, ErrUnknown) {
		t.Errorf("got %d, %v, want that it is not known", uid, err)
	}
}

// An IPv6 socket that reaches an IPv4 port.
func TestOwnerOfAMappedConnection(t *testing.T) {
	ln := listen(t)
	fd, err := unix.Socket(unix.AF_INET6, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Skipf("no IPv6 on this machine: %v", err)
	}
	defer unix.Close(fd)
	to := unix.SockaddrInet6{Port: ln.Addr().(*net.TCPAddr).Port, Addr: [16]byte{10: 0xff, 0xff, 127, 0, 0, 1}}
	if err := unix.Connect(fd, &to); err != nil {
		t.Fatal(err)
	}
	if uid, err := UID(accept(t, ln)); uid != os.Getuid() || err != nil {
		t.Errorf("got %d, %v, want %d", uid, err, os.Getuid())
	}
}
