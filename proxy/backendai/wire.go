package backendai

import (
	"context"
	"net"
	"sync"
)

// A wire is the TCP connection below TLS, which writes 16 KiB at a time and says
// nothing of what it could still read. A wire makes one write of several.
type wire struct {
	net.Conn
	full bool // the last read got all that it had room for; for the reader only

	writing sync.Mutex // guards what follows, and the order of the bytes
	buf     *buffer    // nil when nothing is held back
	held    []byte
}

// dialWire wraps what dial returns.
func dialWire(dial func(ctx context.Context, network, address string) (net.Conn, error)) func(context.Context, string, string) (net.Conn, error) {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := dial(ctx, network, address)
		if err != nil {
			return nil, err
		}
		return &wire{Conn: conn}, nil
	}
}

func (w *wire) Read(p []byte) (int, error) {
	n, err := w.Conn.Read(p)
	w.full = n == len(p)
	return n, err
}

func (w *wire) Write(p []byte) (int, error) {
	w.writing.Lock()
	defer w.writing.Unlock()
	if w.buf == nil {
		return w.Conn.Write(p)
	}
	w.held = append(w.held, p...)
	return len(p), nil
}

// hold keeps back what is written until release.
func (w *wire) hold() {
	w.writing.Lock()
	defer w.writing.Unlock()
	w.buf = buffers.Get().(*buffer)
	w.held = w.buf[:0]
}

// release writes what was held back.
func (w *wire) release() error {
	w.writing.Lock()
	defer w.writing.Unlock()
	_, err := w.Conn.Write(w.held)
	buffers.Put(w.buf)
	w.buf, w.held = nil, nil
	return err
}
