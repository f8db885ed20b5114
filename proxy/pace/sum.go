package pace

import "time"

// A sum is what a client was sent and has passed on, since it was known to hold nothing.
type sum struct {
	sent   int64 // bytes
	first  int64 // what it had passed on when the sum began
	passed int64 // when it was last looked at
	moved  time.Time
}

// held is how much the client may hold.
func (s *sum) held() int64 { return s.sent + s.sent/slack - (s.passed - s.first) }

// look takes note of what has been passed on, and reports whether that is news: a count
// that is too low for a moment is none. Nobody holds less than nothing.
func (s *sum) look(passed int64) (moved bool) {
	if moved = passed > s.passed; moved {
		s.passed, s.moved = passed, time.Now()
	}
	if s.held() < 0 {
		s.anew()
	}
	return moved
}

// anew is for a client that holds nothing.
func (s *sum) anew() { s.sent, s.first = 0, s.passed }
