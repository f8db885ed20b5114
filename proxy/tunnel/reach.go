package tunnel

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"time"
)

// errClientGone ends a connection whose client did not wait, or has left.
var errClientGone = errors.New("the client has gone")

// reach dials the far side while the client is held, and returns it together
// with the first bytes that the client is to see.
func (c *connection) reach(ctx context.Context) (net.Conn, []byte, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	begun := time.Now()
	ctx, limit := withClock(ctx, holdTime, func() { cancel(ErrSilent) })
	defer limit.stop()
	limit.extended = func() {
		if time.Since(begun) >= greetTime {
			c.greet()
		}
	}
	client := c.watchClient(cancel)
	a := c.tryAll(ctx)
	c.greetNoMore()
	c.begun, c.sent = c.sent, client.stop()
	if a.err != nil {
		return nil, nil, causeOr(ctx, a.err)
	}
	c.where = a.where
	first, err := c.news(a.first)
	if err != nil {
		a.far.Close()
		return nil, nil, err
	}
	return a.far, first, nil
}

// news is what the client has not heard yet of the far side's first words.
func (c *connection) news(first []byte) ([]byte, error) {
	if c.greeting == "" {
		return first, nil
	}
	line, rest, _ := bytes.Cut(first, []byte("\n"))
	if string(bytes.TrimRight(line, "\r")) != c.greeting {
		return nil, ErrAnother
	}
	return rest, nil
}

// maxIdentification is RFC 4253's limit for the line, in bytes.
const maxIdentification = 255

// readIdentification reads the far side's identification line, and what came
// together with it.
func readIdentification(far io.Reader) ([]byte, error) {
	buf := make([]byte, 4096)
	n := 0
	for {
		m, err := far.Read(buf[n:])
		n += m
		said := buf[:n]
		switch {
		case !agrees(said, sshPrefix):
			return nil, ErrNotSSH
		case bytes.IndexByte(said, '\n') >= 0:
			return said, nil
		case n > maxIdentification:
			return nil, ErrNotSSH
		case errors.Is(err, io.EOF) || errors.Is(err, net.ErrClosed):
			return nil, ErrHungUp
		case err != nil:
			return nil, err
		}
	}
}

// pause waits and reports whether it was allowed to finish.
func pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}
