package backendai

import (
	"net"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// connected returns a TCP connection and its other end.
func connected(t *testing.T) (near, far *net.TCPConn) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	conn, err := net.Dial("tcp", ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	other, err := ln.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close(); other.Close() })
	return conn.(*net.TCPConn), other.(*net.TCPConn)
}

// fill writes until nothing is taken any more.
func fill(t *testing.T, conn *net.TCPConn) {
	t.Helper()
	conn.SetWriteDeadline(time.Now().Add(time.Second))
	for buf := make([]byte, 64<<10); ; {
		if _, err := conn.Write(buf); err != nil {
			return
		}
	}
}

// A program that is frozen reads nothing, but its machine is there.
func TestWhoDoesNotReadIsThere(t *testing.T) {
	near, _ := connected(t)
	fill(t, near)
	for range 40 { // while room is asked for again and again
		if !isThere(&wire{Conn: near}) {
			t.Fatal("it seems to be gone")
		}
		<-time.After(50 * time.Millisecond)
	}
}

// Behind a network that swallows everything nobody is, before and after there was no
// more room.
func TestWhoIsSwallowedIsGone(t *testing.T) {
	for name, full := range map[string]bool{"in the middle": false, "when nothing was taken any more": true} {
		near, far := connected(t)
		if full {
			fill(t, near)
		}
		swallow(t, far)
		if !full {
			if _, err := near.Write([]byte("anybody there?")); err != nil {
				t.Fatal(err)
			}
		}
		gone := false
		for range 100 {
			if gone = !isThere(near); gone {
				break
			}
			<-time.After(50 * time.Millisecond)
		}
		if !gone {
			t.Errorf("%s: it seems to be there", name)
		}
	}
}

// swallow has the kernel drop all packets for a connection, as if they never came.
func swallow(t *testing.T, conn *net.TCPConn) {
	t.Helper()
	raw, err := conn.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	nothing := []unix.SockFilter{{Code: unix.BPF_RET | unix.BPF_K, K: 0}}
	asked := raw.Control(func(fd uintptr) {
		err = unix.SetsockoptSockFprog(int(fd), syscall.SOL_SOCKET, unix.SO_ATTACH_FILTER, &unix.SockFprog{Len: 1, Filter: &nothing[0]})
	})
	if asked != nil || err != nil {
		t.Fatal(asked, err)
	}
}
