package backendai

import (
	"context"
	"errors"
	"io"
	"net"
	"sync"
	"time"

	"github.com/coder/websocket"
)

const (
	// maxMessage is the largest message we send, in bytes. Servers refuse 4 MiB
	// in session mode and 16 MiB in API mode; nothing is gained above 64 KiB.
	maxMessage = 64 << 10
	// goodbyeTimeout bounds the wait for the answer to our close frame.
	goodbyeTimeout = time.Second
)

// A Conn is one tunnel. It reads io.EOF when the tunnel ends, in whichever of
// the ways that releases have for it, and an *[Error] of kind [Refused] when
// the manager could not reach the ssh server. There is no half-close. Close it
// always: a tunnel that is merely abandoned keeps a log-in slot for up to 21 s.
type Conn struct {
	net.Conn // the TCP or TLS connection below, for addresses and deadlines
	ws       *websocket.Conn
	message  io.Reader // the rest of the message being read, or nil
	close    sync.Once
}

func newConn(ws *websocket.Conn, wire net.Conn) *Conn {
	ws.SetReadLimit(-1) // a message is read as a stream, so its size costs nothing
	return &Conn{Conn: wire, ws: ws}
}

// Read reads from the session's ssh server.
func (c *Conn) Read(p []byte) (int, error) {
	for {
		if err := c.next(); err != nil {
			return 0, err
		}
		n, err := c.message.Read(p)
		if errors.Is(err, io.EOF) {
			c.message, err = nil, nil
		}
		if n > 0 || err != nil {
			return n, endOf(err)
		}
	}
}

// WriteTo copies what comes from the session's ssh server to w. It waits for a
// message without a buffer, so that a silent connection costs no memory.
func (c *Conn) WriteTo(w io.Writer) (int64, error) {
	var total int64
	for {
		if err := c.next(); err != nil {
			if errors.Is(err, io.EOF) {
				err = nil
			}
			return total, err
		}
		n, err := copyPooled(w, c.message)
		total += n
		if err != nil {
			return total, err
		}
		c.message = nil
	}
}

// next waits for a message, unless one is being read.
func (c *Conn) next() error {
	if c.message != nil {
		return nil
	}
	kind, r, err := c.ws.Reader(context.Background())
	if err != nil {
		return endOf(err)
	}
	if kind != websocket.MessageBinary {
		_ = c.ws.Close(websocket.StatusUnsupportedData, "")
		return garbage("read from the tunnel", "a text message")
	}
	c.message = r
	return nil
}

// Write sends p to the session's ssh server, one message per 64 KiB.
func (c *Conn) Write(p []byte) (n int, err error) {
	for len(p) > 0 {
		piece := p[:min(len(p), maxMessage)]
		if err := c.ws.Write(context.Background(), websocket.MessageBinary, piece); err != nil {
			return n, endOf(err)
		}
		n, p = n+len(piece), p[len(piece):]
	}
	return n, nil
}

// Ping asks the server for a sign of life and returns when it came. It needs a
// concurrent reader, since the answer arrives in between the data.
func (c *Conn) Ping(ctx context.Context) error { return c.ws.Ping(ctx) }

// Close says goodbye with a close frame, waits at most a second for the answer,
// and ends the connection. Closing again does nothing.
func (c *Conn) Close() (err error) {
	c.close.Do(func() {
		_ = c.Conn.SetDeadline(time.Now().Add(goodbyeTimeout))
		err = c.ws.Close(websocket.StatusNormalClosure, "")
	})
	return err
}

// endOf makes one end of the many: 26.9 closes with 1001, 23.09 ends the TCP
// connection without a close frame, gateways reset it.
func endOf(err error) error {
	if err == nil {
		return nil
	}
	switch status := websocket.CloseStatus(err); status {
	case websocket.StatusTryAgainLater, websocket.StatusInternalError:
		return &Error{Kind: Refused, Op: "reach the ssh server", Status: int(status)}
	}
	return io.EOF
}

var buffers = sync.Pool{New: func() any { return new([maxMessage]byte) }}

func copyPooled(w io.Writer, r io.Reader) (int64, error) {
	buf := buffers.Get().(*[maxMessage]byte)
	defer buffers.Put(buf)
	// Both are wrapped so that neither brings a buffer of its own.
	n, err := io.CopyBuffer(struct{ io.Writer }{w}, farReader{r}, buf[:])
	return n, err
}

// farReader gives the tunnel's end its one form in the middle of a message too.
type farReader struct{ io.Reader }

func (r farReader) Read(p []byte) (int, error) {
	n, err := r.Reader.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		err = endOf(err)
	}
	return n, err
}
