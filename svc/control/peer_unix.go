//go:build unix

package control

import (
	"errors"
	"fmt"
	"net"
	"os"
)

// ownOnly accepts connections of this user alone.
type ownOnly struct{ net.Listener }

func (l ownOnly) Accept() (net.Conn, error) {
	for {
		c, err := l.Listener.Accept()
		if err != nil || checkPeer(c) == nil {
			return c, err
		}
		c.Close()
	}
}

// checkPeer refuses a connection whose other end is another user's. The folder keeps
// others out already; this holds even where somebody opened it.
func checkPeer(c net.Conn) error {
	conn, ok := c.(*net.UnixConn)
	if !ok {
		return errors.New("the control connection is no unix socket")
	}
	raw, err := conn.SyscallConn()
	if err != nil {
		return err
	}
	uid := -1
	if ctlErr := raw.Control(func(fd uintptr) { uid, err = uidOf(int(fd)) }); ctlErr != nil {
		err = ctlErr
	}
	switch {
	case err != nil:
		return fmt.Errorf("ask who is at the other end of the control socket: %w", err)
	case uid != os.Getuid():
		return fmt.Errorf("the other end of the control socket is user %d", uid)
	}
	return nil
}
