package pace

import (
	"io"
	"net"
	"os"
	"os/exec"
	"strconv"
	"testing"
	"time"
)

// A client of the test's, with an end of its own of a connection.
type client struct {
	*testing.T
	conn    net.Conn // our end
	process *watched
}

// newClient is a cat that copies from a connection to a pipe.
func newClient(t *testing.T) (*client, io.Reader) {
	t.Helper()
	ln, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	theirs, err := net.Dial("tcp4", ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	conn, err := ln.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	file, err := theirs.(*net.TCPConn).File()
	if err != nil {
		t.Fatal(err)
	}
	cat := exec.Command("cat")
	cat.Stdin = file
	out, err := cat.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cat.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cat.Process.Kill(); cat.Wait() })
	file.Close()
	theirs.Close()
	p, err := watch(conn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.close)
	return &client{T: t, conn: conn, process: p.(*watched)}, out
}

func (c *client) passed() int64 {
	c.Helper()
	n, err := c.process.passed()
	if err != nil {
		c.Fatal(err)
	}
	return n
}

func (c *client) eventually(what string, good func() bool) {
	c.Helper()
	for end := time.Now().Add(10 * time.Second); !good(); <-time.After(time.Millisecond) {
		if time.Now().After(end) {
			c.Fatalf("not in ten seconds: %s", what)
		}
	}
}

func (c *client) empty() bool {
	c.Helper()
	empty, err := c.process.empty()
	if err != nil {
		c.Fatal(err)
	}
	return empty
}

func TestWhatAClientHasPassedOn(t *testing.T) {
	c, out := newClient(t)
	first := c.passed()
	c.conn.Write(make([]byte, 5000))
	c.eventually("it is passed on", func() bool { return c.passed()-first == 5000 })
	c.eventually("it holds nothing", c.empty)
	if _, err := io.ReadFull(out, make([]byte, 5000)); err != nil {
		t.Fatal(err)
	}
	if pid := strconv.Itoa(os.Getpid()); c.process.knows(pid) {
		t.Error("it is this test, whose end is closed")
	}
}

// It holds something while its reader sleeps, and nothing once that is gone.
func TestAClientWhoseReaderSleeps(t *testing.T) {
	c, out := newClient(t)
	go c.conn.Write(make([]byte, 300<<10))
	c.eventually("the pipe is full", func() bool { clear, err := c.process.clear(); return !clear && err == nil })
	for range 20 {
		if c.empty() {
			t.Fatal("it is taken for empty")
		}
		<-time.After(time.Millisecond)
	}
	out.(io.Closer).Close()
	c.eventually("it ends, or holds nothing", func() bool { empty, err := c.process.empty(); return empty || err != nil })
}

func TestNobodyIsThere(t *testing.T) {
	a, b := net.Pipe()
	defer a.Close()
	defer b.Close()
	if _, err := watch(a); err == nil {
		t.Error("somebody is at the end of what is no connection")
	}
}
