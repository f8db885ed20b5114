package backendai

import (
	"errors"
	"io"
	"os"
)

// next goes to the next byte of a message.
func (c *Conn) next() error {
	if c.end != nil {
		return c.end
	}
	return c.endOf(c.in.next())
}

// drain reads on until the tunnel ends.
func (c *Conn) drain() {
	for c.next() == nil && c.endOf(c.in.skip()) == nil {
	}
}

// endOf makes of a reader's error the end of the tunnel, and answers it. After a
// deadline one may go on.
func (c *Conn) endOf(err error) error {
	if err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
		return err
	}
	var (
		bye goodbye
		bad violation
	)
	switch {
	case errors.As(err, &bye):
		c.finish(bye.meaning())
		c.out.control(opClose, bye)
	case errors.As(err, &bad):
		c.finish(garbage("read from the tunnel", bad.text))
		c.out.control(opClose, bad.code.payload())
	default: // 23.09 ends the TCP connection without a close frame, gateways reset it
		c.finish(io.EOF)
	}
	return c.end
}

func (c *Conn) finish(end error) {
	if c.end == nil {
		c.end = end
		close(c.ended)
	}
}

// knownEnd is why nothing can be sent any more, as far as the reader has heard.
func (c *Conn) knownEnd() error {
	if c.hasEnded() {
		return c.end
	}
	return io.EOF
}

func (c *Conn) hasEnded() bool {
	select {
	case <-c.ended:
		return true
	default:
		return false
	}
}
