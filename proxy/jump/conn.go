package jump

import (
	"context"
	"net"

	"golang.org/x/crypto/ssh"
)

// A conn is the forwarding, together with the log-in that it needs.
type conn struct {
	net.Conn
	client *ssh.Client
	gate   *gate
}

// A pinger is a connection that can be asked whether its far side is there.
type pinger interface {
	Ping(ctx context.Context) error
}

// newConn is a [pinger] if the connection below is one.
func newConn(forwarding net.Conn, client *ssh.Client, g *gate) net.Conn {
	c := &conn{forwarding, client, g}
	if p, ok := g.Conn.(pinger); ok {
		return &pinged{c, p}
	}
	return c
}

type pinged struct {
	*conn
	pinger
}

func (c *conn) Read(p []byte) (int, error) {
	c.gate.asks()
	n, err := c.Conn.Read(p)
	c.gate.got(n, n < len(p))
	return n, err
}

// Close ends the log-in too. It does not wait for the server's consent.
func (c *conn) Close() error {
	err := c.gate.Close()
	c.client.Close()
	return err
}
