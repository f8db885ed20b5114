package pace

import (
	"net"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// mine is a descriptor of this process, as another would see it.
func mine(fd int) string { return filepath.Join("/proc/self/fd", strconv.Itoa(fd)) }

func isClear(t *testing.T, fd int) bool {
	t.Helper()
	clear, err := outletClear(mine(fd), 0)
	if err != nil {
		t.Fatal(err)
	}
	return clear
}

// fill writes until no more is taken.
func fill(t *testing.T, fd int) {
	t.Helper()
	if err := unix.SetNonblock(fd, true); err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := unix.Write(fd, make([]byte, 4096)); err == unix.EAGAIN {
			return
		} else if err != nil {
			t.Fatal(err)
		}
	}
}

func closing(t *testing.T, fds ...int) {
	t.Cleanup(func() {
		for _, fd := range fds {
			unix.Close(fd)
		}
	})
}

func TestAPipeIsClearUntilItIsFull(t *testing.T) {
	var p [2]int
	if err := unix.Pipe2(p[:], unix.O_CLOEXEC); err != nil {
		t.Fatal(err)
	}
	closing(t, p[1])
	unix.Write(p[1], []byte("a word that nobody reads"))
	if !isClear(t, p[1]) {
		t.Error("it is not, with a word in it")
	}
	fill(t, p[1])
	if isClear(t, p[1]) {
		t.Error("it is although it is full")
	}
	if !isClear(t, p[0]) {
		t.Error("nobody can write to the other end")
	}
	unix.Close(p[0])
	if !isClear(t, p[1]) {
		t.Error("it is not although nobody reads it any more")
	}
}

func TestASocketPairIsClearUntilItIsFull(t *testing.T) {
	p, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	closing(t, p[1])
	unix.Write(p[1], []byte("a word that nobody reads"))
	if !isClear(t, p[1]) {
		t.Error("it is not, with a word in it")
	}
	fill(t, p[1])
	if isClear(t, p[1]) {
		t.Error("it is although it is full")
	}
	unix.Close(p[0])
	if !isClear(t, p[1]) {
		t.Error("it is not although nobody reads it any more")
	}
}

func TestATerminalIsClearUntilItIsFull(t *testing.T) {
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		t.Skipf("no terminals on this machine: %v", err)
	}
	defer master.Close()
	unlock := 0
	if err := unix.IoctlSetPointerInt(int(master.Fd()), unix.TIOCSPTLCK, unlock); err != nil {
		t.Fatal(err)
	}
	n, err := unix.IoctlGetInt(int(master.Fd()), unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	fd, err := unix.Open("/dev/pts/"+strconv.Itoa(n), unix.O_RDWR|unix.O_NOCTTY|unix.O_CLOEXEC, 0)
	if err != nil {
		t.Skipf("no terminals on this machine: %v", err)
	}
	closing(t, fd)
	if !isClear(t, fd) {
		t.Error("it is not")
	}
	for end := time.Now().Add(10 * time.Second); isClear(t, fd); { // what is written goes on to the other end, in the kernel's own time
		if fill(t, fd); time.Now().After(end) {
			t.Fatal("it is although it is full")
		}
	}
}

// A forwarding leads to a program of its own.
func TestAForwardingIsClearUntilItIsFull(t *testing.T) {
	ln, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	listener, _ := ln.(*net.TCPListener).File()
	defer listener.Close()
	if !isClear(t, int(listener.Fd())) {
		t.Error("who waits for callers holds nothing")
	}
	c, err := net.Dial("tcp4", ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	reader, err := ln.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	file, err := c.(*net.TCPConn).File()
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if !isClear(t, int(file.Fd())) {
		t.Error("it is not")
	}
	fill(t, int(file.Fd()))
	if isClear(t, int(file.Fd())) {
		t.Error("it is although it is full")
	}
}

func TestFilesAreAlwaysClear(t *testing.T) {
	null, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer null.Close()
	file, err := os.Create(filepath.Join(t.TempDir(), "file"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	for _, f := range []*os.File{null, file} {
		if !isClear(t, int(f.Fd())) {
			t.Errorf("%s is not", f.Name())
		}
	}
}
