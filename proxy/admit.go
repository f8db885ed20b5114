package proxy

import (
	"errors"
	"net"
	"os"
	"syscall"

	"baissh/proxy/peer"
	"baissh/proxy/settings"
	"baissh/proxy/state"
)

// admit keeps other users of this machine out of a line, where it can be told who
// connects. Ports of loopback are everybody's, and some sessions take passwords.
// The administrator, who may do anything, is let in.
func (e *Engine) admit(c net.Conn) error {
	if !peer.Known || e.others.Load() == settings.OthersAllow {
		return nil
	}
	uid, err := peer.UID(c)
	switch {
	case errors.Is(err, peer.ErrUnknown):
		return err // it is gone already
	case outOfHandles(err): // which anybody could bring about
		return state.NoHandles(err)
	case err != nil:
		e.Log.Warn("cannot tell who connects", "error", err)
		return nil
	case uid != os.Getuid() && uid != 0:
		return state.OtherUser(uid)
	}
	return nil
}

func outOfHandles(err error) bool {
	return errors.Is(err, syscall.EMFILE) || errors.Is(err, syscall.ENFILE)
}
