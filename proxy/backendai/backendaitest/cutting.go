package backendaitest

import (
	"bytes"
	"net"
	"sync/atomic"
	"time"
)

// A cuttingListener is a proxy in front of the server, as nginx is one without further
// settings (proxy_read_timeout, 60 s): it ends a connection when nothing came from
// behind it for some time. What a client says through a WebSocket does not count.
type cuttingListener struct {
	net.Listener
	patience time.Duration
}

func (l *cuttingListener) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &cutConn{Conn: conn, patience: l.patience, cut: time.AfterFunc(l.patience, func() { conn.Close() })}, nil
}

// A cutConn is the proxy's connection to a client.
type cutConn struct {
	net.Conn
	patience time.Duration
	cut      *time.Timer
	upgraded atomic.Bool
}

func (c *cutConn) NetConn() net.Conn { return c.Conn }

func (c *cutConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if n > 0 && !c.upgraded.Load() { // a request, which is waited for anew
		c.cut.Reset(c.patience)
	}
	return n, err
}

func (c *cutConn) Write(p []byte) (int, error) {
	if bytes.HasPrefix(p, []byte("HTTP/1.1 101 ")) {
		c.upgraded.Store(true)
	}
	c.cut.Reset(c.patience)
	return c.Conn.Write(p)
}

func (c *cutConn) Close() error {
	c.cut.Stop()
	return c.Conn.Close()
}
