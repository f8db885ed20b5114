package backendaitest

import (
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"syscall"
	"time"
)

// A memoryConn is one end of a connection. Its halves end one by one, as TCP's do.
type memoryConn struct {
	in, out       *memoryStream
	local, remote *net.TCPAddr
}

func newMemoryConns(port int) (near, far *memoryConn) {
	up, down := newMemoryStream(), newMemoryStream()
	return &memoryConn{in: down, out: up, local: loopback(1), remote: loopback(port)},
		&memoryConn{in: up, out: down, local: loopback(port), remote: loopback(1)}
}

func (c *memoryConn) Read(p []byte) (int, error)  { return c.in.read(p) }
func (c *memoryConn) Write(p []byte) (int, error) { return c.out.write(p) }
func (c *memoryConn) LocalAddr() net.Addr         { return c.local }
func (c *memoryConn) RemoteAddr() net.Addr        { return c.remote }

func (c *memoryConn) CloseWrite() error { return c.out.end(false) }
func (c *memoryConn) CloseRead() error  { return c.in.end(true) }
func (c *memoryConn) Close() error      { return errors.Join(c.out.end(false), c.in.end(true)) }

func (c *memoryConn) SetReadDeadline(t time.Time) error  { return c.in.limit(&c.in.readBy, t) }
func (c *memoryConn) SetWriteDeadline(t time.Time) error { return c.out.limit(&c.out.writeBy, t) }

func (c *memoryConn) SetDeadline(t time.Time) error {
	return errors.Join(c.SetReadDeadline(t), c.SetWriteDeadline(t))
}

// memoryWindow is how much may be under way, in bytes.
const memoryWindow = 64 << 10

// A memoryStream is one direction.
type memoryStream struct {
	mu              sync.Mutex // guards what follows
	changed         *sync.Cond
	held            []byte
	ended           bool // there will be no more
	unread          bool // nobody reads any more
	readBy, writeBy time.Time
}

func newMemoryStream() *memoryStream {
	s := &memoryStream{}
	s.changed = sync.NewCond(&s.mu)
	return s
}

func (s *memoryStream) read(p []byte) (n int, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for {
		switch {
		case s.unread:
			return 0, net.ErrClosed
		case passed(s.readBy):
			return 0, os.ErrDeadlineExceeded
		case len(s.held) > 0:
			n = copy(p, s.held)
			s.held = s.held[n:]
			s.changed.Broadcast()
			return n, nil
		case s.ended:
			return 0, io.EOF
		}
		s.changed.Wait()
	}
}

func (s *memoryStream) write(p []byte) (n int, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for len(p) > 0 {
		room := memoryWindow - len(s.held)
		switch {
		case s.ended:
			return n, net.ErrClosed
		case s.unread:
			return n, syscall.EPIPE
		case passed(s.writeBy):
			return n, os.ErrDeadlineExceeded
		case room == 0:
			s.changed.Wait()
			continue
		}
		more := min(room, len(p))
		s.held = append(s.held, p[:more]...)
		n, p = n+more, p[more:]
		s.changed.Broadcast()
	}
	return n, nil
}

// end ends the stream for who writes, or for who reads.
func (s *memoryStream) end(reader bool) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ended = s.ended || !reader
	s.unread = s.unread || reader
	s.changed.Broadcast()
	return nil
}

// limit sets a deadline, and wakes who waits when it has passed.
func (s *memoryStream) limit(which *time.Time, t time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	*which = t
	s.changed.Broadcast()
	if left := time.Until(t); !t.IsZero() && left > 0 {
		time.AfterFunc(left, s.changed.Broadcast)
	}
	return nil
}

func passed(t time.Time) bool { return !t.IsZero() && !time.Now().Before(t) }
