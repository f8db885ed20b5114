package pace

import (
	"bytes"
	"sync"
	"time"
)

// Times and sizes of a client that rests.
const (
	keepPause = 10 * time.Second       // after which it does
	dripPause = 300 * time.Millisecond // after which one more piece of the server's is kept
	mostKept  = 64 << 20               // bytes
	forever   = 1 << 62
)

// A store keeps some of what is meant for a client whose reader rests: somebody reads
// page after page, or has stopped it with Ctrl-Z. A Dropbear that cannot send does not
// read either, and ends the connection when it has heard nothing for 45 s. So it is read
// on, slowly: twelve mebibytes a minute open its TCP window in time, which stays closed until
// much of a buffer is free, at each machine in between.
type store struct {
	mu    sync.Mutex // guards what follows
	kept  []byte
	size  int // bytes in it, and on the way to the client
	ended bool

	done chan struct{} // closed when all was passed on, or cannot be
	err  error         // why it cannot; for when done is closed
}

// keep begins a store with p, and to pass on what is in it.
func (w *Writer) keep(p []byte) {
	s := &store{kept: bytes.Clone(p), size: len(p), done: make(chan struct{})}
	w.store = s
	go func() {
		defer close(s.done)
		for p := s.next(0); p != nil && s.err == nil; p = s.next(len(p)) {
			s.err = w.pass(p)
		}
	}()
}

// pass writes all of p, whenever that may be.
func (w *Writer) pass(p []byte) error {
	for len(p) > 0 {
		if w.room == 0 {
			w.room = w.wait(forever)
		}
		n, err := w.send(p)
		if err != nil {
			return err
		}
		p = p[n:]
	}
	return nil
}

// await waits until the client does not rest any more, or one more piece may be kept.
func (w *Writer) await(p []byte) (kept bool, err error) {
	if w.store == nil {
		return false, nil
	}
	drip := time.NewTimer(dripPause)
	defer drip.Stop()
	select {
	case <-w.store.done:
	case <-drip.C:
		if w.store.add(p) {
			return true, nil
		}
	}
	return false, w.Flush()
}

// Flush waits until nothing is kept any more.
func (w *Writer) Flush() error {
	if w.store == nil {
		return nil
	}
	<-w.store.done
	err := w.store.err
	w.store = nil
	return err
}

// add reports whether there was room, and somebody to pass it on.
func (s *store) add(p []byte) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended || s.size+len(p) > mostKept {
		return false
	}
	s.kept = append(s.kept, p...)
	s.size += len(p)
	return true
}

// next returns what to pass on after so much was, nil if that was all.
func (s *store) next(passed int) []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := s.kept
	s.kept, s.size = nil, s.size-passed
	s.ended = len(p) == 0
	return p
}
