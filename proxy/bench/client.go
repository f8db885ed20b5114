package main

import (
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"time"
)

// A client is the near end of one connection, greeted by the far side.
type client struct {
	net.Conn
	buf []byte
}

// connect dials and waits for the far side's first bytes.
func connect(ctx context.Context, address string) (*client, error) {
	var d net.Dialer
	conn, err := d.DialContext(ctx, "tcp", address)
	if err != nil {
		return nil, err
	}
	if end, ok := ctx.Deadline(); ok {
		conn.SetDeadline(end)
	}
	c := &client{Conn: conn, buf: make([]byte, chunk)}
	if err := c.greet(); err != nil {
		conn.Close()
		return nil, err
	}
	return c, nil
}

func (c *client) greet() error {
	if _, err := io.WriteString(c, greeting); err != nil {
		return err
	}
	said := c.buf[:len(greeting)]
	if _, err := io.ReadFull(c, said); err != nil {
		return err
	}
	if string(said) != greeting {
		return fmt.Errorf("the far side says %q", said) // a tunnel's own: it could not dial
	}
	return nil
}

func (c *client) order(o order) error { return binary.Write(c, binary.BigEndian, o) }

func (c *client) up(size int64) error {
	if err := c.order(order{verbUp, size}); err != nil {
		return err
	}
	if err := send(c, size, c.buf); err != nil {
		return err
	}
	_, err := io.ReadFull(c, c.buf[:1])
	return err
}

func (c *client) down(size int64) error {
	if err := c.order(order{verbDown, size}); err != nil {
		return err
	}
	return take(c, size, c.buf)
}

// echoes returns how long each of n round trips of 64 bytes took. After it the
// connection is good for nothing else.
func (c *client) echoes(n int) ([]time.Duration, error) {
	if err := c.order(order{Verb: verbEcho}); err != nil {
		return nil, err
	}
	line := c.buf[:64]
	times := make([]time.Duration, n)
	for i := range times {
		begin := time.Now()
		if _, err := c.Write(line); err != nil {
			return nil, err
		}
		if _, err := io.ReadFull(c, line); err != nil {
			return nil, err
		}
		times[i] = time.Since(begin)
	}
	return times, nil
}
