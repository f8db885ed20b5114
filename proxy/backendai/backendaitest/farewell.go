package backendaitest

import (
	"bufio"
	"net"
	"net/http"
)

// A farewell tells of the moment in which the server answers a client's goodbye. What
// comes after that, a client does not wait for: it may open the next tunnel before this
// one's end is written down.
type farewell struct {
	http.ResponseWriter
	said func()
}

// Hijack hands out the connection under the WebSocket.
func (f farewell) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, buffers, err := http.NewResponseController(f.ResponseWriter).Hijack()
	if err != nil {
		return nil, nil, err
	}
	overheard := &overheardConn{conn, f.said}
	buffers.Writer.Reset(overheard)
	return overheard, buffers, nil
}

type overheardConn struct {
	net.Conn
	goodbye func()
}

// closeFrame is how one begins (RFC 6455, 5.5.1). Frames of this kind are written at once
// and by themselves.
const closeFrame = 0x88

func (c *overheardConn) Write(p []byte) (int, error) {
	if len(p) > 0 && p[0] == closeFrame {
		c.goodbye()
	}
	return c.Conn.Write(p)
}
