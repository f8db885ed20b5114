package tunnel

import (
	"bufio"
	"io"
	"net"
	"testing"

	"golang.org/x/sys/unix"
)

// A keepingListener remembers what it accepted.
type keepingListener struct {
	net.Listener
	accepted chan *net.TCPConn
}

func (l *keepingListener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err == nil {
		l.accepted <- c.(*net.TCPConn)
	}
	return c, err
}

// Nagle's algorithm on the accepted side alone would halve uploads. Go switches
// it off by itself, and nothing of ours may switch it on.
func TestLocalSideSendsWithoutDelay(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l := &keepingListener{ln, make(chan *net.TCPConn, 1)}
	serve(t, &Tunnel{Dial: farSide(echo)}, l)
	c, err := net.Dial("tcp", ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	io.WriteString(c, "SSH-2.0-client\r\n")
	if _, err := bufio.NewReader(c).ReadString('\n'); err != nil {
		t.Fatal(err)
	}
	if !noDelay(t, <-l.accepted) {
		t.Error("the accepted connection delays small writes")
	}
}

func noDelay(t *testing.T, c *net.TCPConn) bool {
	t.Helper()
	raw, err := c.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	on := 0
	raw.Control(func(fd uintptr) { on, err = unix.GetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_NODELAY) })
	if err != nil {
		t.Fatal(err)
	}
	return on != 0
}
