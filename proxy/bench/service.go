package main

import (
	"encoding/binary"
	"errors"
	"io"
)

// greeting is what both sides say first. The tunnel wants to hear SSH from them.
const greeting = "SSH-2.0-bench\r\n"

// An order is what the client asks of the far side after the greeting.
type order struct {
	Verb byte
	Size int64
}

const (
	verbUp   = 'u' // take Size bytes, then say one
	verbDown = 'd' // send Size bytes
	verbEcho = 'e' // give back whatever comes, for ever
)

// chunk is the size of every buffer on either side, and of the far side's messages.
const chunk = 64 << 10

// serveOrders is the far side of one connection.
func serveOrders(c io.ReadWriter) error {
	if _, err := io.WriteString(c, greeting); err != nil {
		return err
	}
	buf := make([]byte, chunk)
	if _, err := io.ReadFull(c, buf[:len(greeting)]); err != nil {
		return err
	}
	for {
		var o order
		if err := binary.Read(c, binary.BigEndian, &o); err != nil {
			return err
		}
		if err := o.serve(c, buf); err != nil {
			return err
		}
	}
}

func (o order) serve(c io.ReadWriter, buf []byte) error {
	switch o.Verb {
	case verbUp:
		if err := take(c, o.Size, buf); err != nil {
			return err
		}
		_, err := c.Write(buf[:1])
		return err
	case verbDown:
		return send(c, o.Size, buf)
	case verbEcho:
		return echo(c, buf)
	}
	return errors.New("an order that cannot be served")
}

func take(r io.Reader, size int64, buf []byte) error {
	for size > 0 {
		n, err := r.Read(buf[:min(size, int64(len(buf)))])
		if size -= int64(n); err != nil && size > 0 {
			return err
		}
	}
	return nil
}

func send(w io.Writer, size int64, buf []byte) error {
	for size > 0 {
		n, err := w.Write(buf[:min(size, int64(len(buf)))])
		if err != nil {
			return err
		}
		size -= int64(n)
	}
	return nil
}

func echo(c io.ReadWriter, buf []byte) error {
	for {
		n, err := c.Read(buf)
		if err != nil {
			return err
		}
		if _, err := c.Write(buf[:n]); err != nil {
			return err
		}
	}
}
