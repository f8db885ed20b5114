package backendai

import (
	"bytes"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"sync"
	"time"
)

// goodbyeTimeout bounds the wait for the answer to our close frame.
const goodbyeTimeout = time.Second

// A Conn is one tunnel. It reads io.EOF when the tunnel ends, in whichever of
// the ways that releases have for it, and an *[Error] of kind [Refused] when
// the manager could not reach the ssh server. There is no half-close. Close it
// always: a tunnel that is merely abandoned keeps a log-in slot for up to 21 s.
type Conn struct {
	net.Conn // the TCP or TLS connection below, for addresses and deadlines
	body     io.ReadWriteCloser
	in       *frameReader
	out      *frameWriter
	pings    pings

	reading chan struct{} // holds a token while somebody reads
	end     error         // the reader's; others look when ended is closed
	ended   chan struct{}

	bottom net.Conn      // the TCP connection
	among  *tunnels      // the client's
	hungUp chan struct{} // closed with it
	hang   sync.Once
	close  sync.Once
}

// newConn speaks over body, which is conn and what was already read from it.
func newConn(body io.ReadWriteCloser, conn net.Conn) *Conn {
	c := &Conn{
		Conn: conn, body: body, bottom: bottomOf(conn),
		reading: make(chan struct{}, 1), ended: make(chan struct{}), hungUp: make(chan struct{}),
	}
	var below *wire
	if c.bottom != conn {
		below, _ = c.bottom.(*wire)
	}
	c.in = newFrameReader(body, below, c.hearControl)
	c.out = newFrameWriter(body, below, newAlarm(func() bool { return isThere(c.bottom) }, c.hangUp))
	return c
}

// bottomOf looks below TLS, of which a proxy may have its own.
func bottomOf(conn net.Conn) net.Conn {
	for {
		t, ok := conn.(*tls.Conn)
		if !ok {
			return conn
		}
		conn = t.NetConn()
	}
}

// Read reads from the session's ssh server.
func (c *Conn) Read(p []byte) (int, error) {
	c.reading <- struct{}{}
	defer func() { <-c.reading }()
	if err := c.next(); err != nil {
		return 0, err
	}
	n, err := c.in.read(p)
	return n, c.endOf(err)
}

// WriteTo copies what comes from the session's ssh server to w. It waits for a
// message without a buffer, so that a silent connection costs no memory.
func (c *Conn) WriteTo(w io.Writer) (total int64, err error) {
	c.reading <- struct{}{}
	defer func() { <-c.reading }()
	for err == nil {
		var n int
		n, err = c.pass(w)
		total += int64(n)
	}
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return total, err
}

// pass passes on one piece.
func (c *Conn) pass(w io.Writer) (int, error) {
	if err := c.next(); err != nil {
		return 0, err
	}
	buf := buffers.Get().(*buffer)
	defer buffers.Put(buf)
	n, readErr := c.in.fill(buf[:maxMessage])
	n, err := w.Write(buf[:n])
	if err != nil {
		return n, err
	}
	return n, c.endOf(readErr)
}

// Write sends p to the session's ssh server, one message per 64 KiB.
func (c *Conn) Write(p []byte) (n int, err error) {
	for len(p) > 0 {
		piece := p[:min(len(p), maxMessage)]
		if err := c.out.message(piece); err != nil {
			return n, c.knownEnd()
		}
		n, p = n+len(piece), p[len(piece):]
	}
	return n, nil
}

// Close says goodbye with a close frame, waits at most a second for the answer,
// and ends the connection. Closing again does nothing.
func (c *Conn) Close() error { return c.closeAfter(nil) }

// noSSH is what no ssh server takes for a greeting or a packet, in cipher or not. It hangs
// up on hearing it.
var noSSH = bytes.Repeat([]byte{0xff}, 512)

// Abandon is Close before the client has logged in. It has the ssh server hang up, too:
// where the manager runs on an early Python 3.11 or an older one, nobody tells the ssh
// server of the end, and one of its five places is taken until it has waited for 300 s
// (seen on 23.09.10 with 3.11.2; with 3.11.7 its connection is closed).
func (c *Conn) Abandon() error { return c.closeAfter(noSSH) }

func (c *Conn) closeAfter(last []byte) error {
	c.close.Do(func() {
		late := time.AfterFunc(goodbyeTimeout, c.hangUp)
		defer late.Stop()
		if len(last) > 0 && !c.hasEnded() {
			_ = c.out.message(last)
		}
		c.out.control(opClose, closeNormal.payload())
		select {
		case c.reading <- struct{}{}:
			c.drain()
			<-c.reading
		case <-c.hungUp: // whoever reads is busy with something else
		}
		_ = c.body.Close() // the goodbyes have been said, as far as anybody listened
		c.hangUp()
	})
	return nil
}

// hangUp ends the connection without a word. Whoever waits for it, waits no more.
func (c *Conn) hangUp() {
	c.hang.Do(func() {
		close(c.hungUp)
		c.bottom.Close()
		c.among.end()
	})
}
