package proxy

import (
	"bytes"
	"time"

	"github.com/gliderlabs/ssh"

	"baissh/proxy/state"
)

// listLimit is how long a list may take that is to say what became of a session.
const listLimit = 3 * time.Second

// checkHostKey compares the key that the far side shows with the pinned one. With
// another key, it may be that the container is new and the list is yet to say so.
func (l *line) checkHostKey(hooks lineHooks) func([]byte) error {
	return func(key []byte) error {
		t, _ := l.current()
		matches := isPinned(t.hostKey, key)
		if !matches && l.outlives(t, hooks) {
			return state.Restarted(t.session.Name)
		}
		if matches {
			l.forgetRefusal()
		}
		hooks.met(t, matches)
		if !matches {
			return state.HostKeyMismatch(t.session.Name)
		}
		return nil
	}
}

// outlives reports whether a new list shows that the target's container is gone.
func (l *line) outlives(t target, hooks lineHooks) bool {
	hooks.doubt(t.profile)
	limit := time.NewTimer(listLimit)
	defer limit.Stop()
	for {
		now, moved := l.current()
		if !sameLife(now.session, t.session) || now.over() {
			return true
		}
		select {
		case <-moved:
		case <-limit.C:
			return false
		}
	}
}

func isPinned(pinned string, key []byte) bool {
	want, _, _, _, err := ssh.ParseAuthorizedKey([]byte(pinned))
	return err == nil && bytes.Equal(want.Marshal(), key)
}
