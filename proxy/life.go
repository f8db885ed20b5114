package proxy

import (
	"time"

	"baissh/proxy/state"
)

// A life counts the container starts of one session. Some releases (23.09) show
// the same container after a restart, so that events and the list's status have to
// tell. Both may tell of one start, in either order, and both of the first one,
// which is no restart.
type life struct {
	ran      bool      // it is known to have run
	restarts int       // so far
	listed   int       // of them, when the list last said that it runs
	told     time.Time // when the list last told of a start
}

// lateEvent is how long after the list an event may tell of the same start.
const lateEvent = 2 * time.Second

// start takes note of an event that a container has started.
func (l *life) start(now time.Time) {
	if l.ran && now.Sub(l.told) > lateEvent {
		l.restarts++
	}
}

// list takes note of the session as the list has it now and had it before.
func (l *life) list(before, s state.Session, now time.Time) {
	switch {
	case !s.Running():
		return
	case !l.ran:
		l.ran, l.told = true, now
	case cameBack(before, s) && l.restarts == l.listed:
		l.restarts++ // no event came, or none yet
		l.told = now
	}
	l.listed = l.restarts
}

// cameBack reports whether the session was restarted since it was listed before,
// which a list may have seen while it lasted, or not.
func cameBack(before, s state.Session) bool {
	if before.Status == "RESTARTING" {
		return true
	}
	return before.Status == s.Status && !before.StatusChanged.IsZero() && !before.StatusChanged.Equal(s.StatusChanged)
}
