package filezilla

import (
	"sync"
	"time"
)

// waiting is whether the last Write found FileZilla in the way.
type waiting struct {
	mu   sync.Mutex // guards the rest
	is   bool
	told chan struct{}
}

func (w *waiting) set(is bool) {
	news := w.news()
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.is == is {
		return
	}
	w.is = is
	select {
	case news <- struct{}{}:
	default:
	}
}

func (w *waiting) on() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.is
}

// news has something in it after a change.
func (w *waiting) news() chan struct{} {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.told == nil {
		w.told = make(chan struct{}, 1)
	}
	return w.told
}

// The Site Manager can be closed without a trace in any file, and a settings
// folder can come to be where none was: what no event tells is looked for.
const (
	whileWaiting = 2 * time.Second
	otherwise    = 30 * time.Second
)

func (w *Writer) pause() time.Duration {
	switch {
	case w.poll > 0:
		return w.poll
	case w.wait.on():
		return whileWaiting
	}
	return otherwise
}

func (w *Writer) waitIsOver(dir string) bool {
	return w.wait.on() && !managerUp(dir)
}
