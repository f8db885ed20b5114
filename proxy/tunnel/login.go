package tunnel

import (
	"net"
	"sync"
	"time"
)

// Turns and times of a log-in, whose packets nobody but its two ends can read.
const (
	// quietAnswers is how often the far side answers the client in cipher until that has
	// logged in: to the service, to "none", to the key, to its signature. Who says nothing
	// afterwards, for quietTime, has nothing more to prove.
	quietAnswers = 4
	quietTime    = 500 * time.Millisecond
	// loginAnswers are as many and two to spare: one may be what is left of the key
	// exchange, and one of two keys is refused. Who needs fewer soon gets more.
	loginAnswers = 6
	// loginTime is how long it takes at most, but for one that waits for a person.
	loginTime = 5 * time.Second
)

// A counter is a far side that wants to know when its client has, most likely, logged
// in. It finds out by itself when the connection is closed before.
type counter interface {
	LoggedIn()
}

// A login watches the turns of a log-in.
type login struct {
	far   counter // nil for one that does not want to know
	limit *time.Timer

	mu      sync.Mutex // guards what follows
	asked   bool       // the client has spoken since the last answer
	answers int
	done    bool
}

func watchLogin(far net.Conn) *login {
	l := &login{}
	l.far, _ = far.(counter)
	l.limit = time.AfterFunc(loginTime, l.finish)
	return l
}

func (l *login) stop() { l.limit.Stop() }

func (l *login) finish() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.done {
		return
	}
	if l.done = true; l.far != nil {
		l.far.LoggedIn()
	}
}

// isDone reports whether the client has, most likely, logged in.
func (l *login) isDone() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.done || l.answers >= quietAnswers
}

// begin forgets what was said before the cipher.
func (l *login) begin() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.asked, l.answers = false, 0
}

// asks notes that the client speaks.
func (l *login) asks() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.asked = true
}

// answered notes that the far side speaks.
func (l *login) answered() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.asked || l.done {
		return
	}
	l.asked = false
	switch l.answers++; {
	case l.answers >= loginAnswers:
		l.limit.Reset(0)
	case l.answers >= quietAnswers:
		l.limit.Reset(quietTime)
	}
}
