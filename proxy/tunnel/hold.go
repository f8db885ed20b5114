package tunnel

import (
	"context"
	"errors"
	"os"
	"time"
)

// maxHeld bounds what a held client may say in advance, in bytes.
const maxHeld = 64 << 10

// A clientWatch reads what a held client says, mostly to notice that it has gone.
type clientWatch struct {
	c    *connection
	said []byte
	done chan struct{}
}

// watchClient reads from the client until stop. When the client goes, it calls gone.
func (c *connection) watchClient(gone context.CancelCauseFunc) *clientWatch {
	w := &clientWatch{c: c, said: c.sent, done: make(chan struct{})}
	go func() {
		defer close(w.done)
		if err := w.read(); err != nil && !errors.Is(err, os.ErrDeadlineExceeded) {
			gone(errClientGone)
		}
	}()
	return w
}

// read returns nil once the client has said so much that it can wait to be read.
func (w *clientWatch) read() error {
	buf := make([]byte, 512)
	for len(w.said) < maxHeld {
		n, err := w.c.local.Read(buf)
		w.said = append(w.said, buf[:n]...)
		if err != nil {
			return err
		}
	}
	return nil
}

// stop ends the watch and returns what was said since the dial began to be
// made with the client's first words.
func (w *clientWatch) stop() []byte {
	w.c.local.SetReadDeadline(past)
	<-w.done
	w.c.local.SetReadDeadline(time.Time{})
	return w.said[len(w.c.sent):]
}
