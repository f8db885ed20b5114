package tunnel

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"time"
)

// errClientGone ends a connection whose client did not wait.
var errClientGone = errors.New("the client has gone")

// reach dials the far side while the client is held, and returns it together
// with the first bytes that the client is to see.
func (c *connection) reach(ctx context.Context) (net.Conn, []byte, error) {
	begun := time.Now()
	ctx, cancel := withClock(ctx, holdTime, func() {
		if time.Since(begun) >= greetTime {
			c.greet()
		}
	})
	defer cancel()
	ctx, gone := context.WithCancelCause(ctx)
	defer gone(nil)
	client := c.watchClient(gone)
	far, first, err := c.tryAll(ctx)
	c.begun, c.sent = c.sent, client.stop()
	return far, first, causeOr(ctx, err)
}

func (c *connection) tryAll(ctx context.Context) (far net.Conn, first []byte, err error) {
	limit := firstTry
	var before error
	for try := 1; ; try++ {
		far, first, err = c.tryOnce(ctx, limit)
		if err != nil && ctx.Err() != nil && before != nil {
			err = before // the last try was cut short, and knows less
		}
		if err == nil || try == maxTries || ctx.Err() != nil {
			return far, first, err
		}
		limit = holdTime
		if c.late && (errors.Is(err, ErrSilent) || c.tunnel.again(err)) || c.far != c.tunnel.where() {
			continue
		}
		before = err
		if !c.tunnel.again(err) || !pause(ctx, retryPause) {
			return nil, nil, err
		}
	}
}

// tryOnce dials, passes on what the client said first, and waits for the far
// side's identification. What it gives up it closes.
func (c *connection) tryOnce(ctx context.Context, limit time.Duration) (net.Conn, []byte, error) {
	ctx, cancel := withClock(ctx, limit, nil)
	defer cancel()
	defer func() { c.late = context.Cause(ctx) != nil }()
	c.far = c.tunnel.where()
	far, err := c.tunnel.Dial(ctx)
	if err != nil {
		return nil, nil, causeOr(ctx, err)
	}
	stop := context.AfterFunc(ctx, func() { far.Close() })
	first, err := c.introduce(far)
	switch {
	case !stop():
		err = context.Cause(ctx) // it was we who closed the connection
	case c.far != c.tunnel.where():
		err = ErrAnother
	}
	if err != nil {
		far.Close()
		return nil, nil, causeOr(ctx, err)
	}
	return far, first, nil
}

// causeOr prefers the reason why a context ended over an error that came of it.
// But an attempt that took too long may know better what it waited for.
func causeOr(ctx context.Context, err error) error {
	cause := context.Cause(ctx)
	switch {
	case cause == nil || err == nil:
		return err
	case !errors.Is(cause, ErrSilent):
		return cause
	}
	switch err {
	case context.Canceled, context.DeadlineExceeded, ErrHungUp:
		return cause
	}
	return err
}

// introduce lets both sides hear each other's first words.
func (c *connection) introduce(far net.Conn) ([]byte, error) {
	if _, err := far.Write(c.sent); err != nil {
		return nil, ErrHungUp
	}
	first, err := readIdentification(far)
	if err != nil || c.greeting == "" {
		return first, err
	}
	line, rest, _ := bytes.Cut(first, []byte("\n"))
	if string(bytes.TrimRight(line, "\r")) != c.greeting {
		return nil, ErrAnother // the client has heard another identification already
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
