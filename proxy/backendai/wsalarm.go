package backendai

import (
	"sync"
	"time"
)

const (
	// takeTimeout is how long a server may take nothing of a frame, until it is asked
	// whether it is there at all.
	takeTimeout = 60 * time.Second
	// takeLimit is how long it may take nothing though it is there: a disk there has come
	// to a stop, or a container was frozen.
	takeLimit = 5 * time.Minute
)

// An alarm rings when a frame is not taken.
type alarm struct {
	isThere func() bool // whether the server's machine answers
	ring    func()

	mu    sync.Mutex // guards what follows
	timer *time.Timer
	since time.Time // when the frame was begun; zero while there is none
}

func newAlarm(isThere func() bool, ring func()) *alarm {
	a := &alarm{isThere: isThere, ring: ring}
	a.timer = time.AfterFunc(takeTimeout, a.goOff)
	a.timer.Stop()
	return a
}

func (a *alarm) set() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.since = time.Now()
	a.timer.Reset(takeTimeout)
}

func (a *alarm) stop() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.since = time.Time{}
	a.timer.Stop()
}

func (a *alarm) goOff() {
	if a.isOver() {
		a.ring()
	}
}

// isOver reports whether there is nothing to wait for. Else it goes off once more, unless
// the frame was taken in this very moment.
func (a *alarm) isOver() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	switch {
	case a.since.IsZero():
		return false
	case time.Since(a.since) >= takeLimit, !a.isThere():
		return true
	}
	a.timer.Reset(takeTimeout)
	return false
}
