package tunnel

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"time"
)

// Times of one connection. OpenSSH waits for as long as ConnectTimeout says (we
// write 20 s, VS Code passes 15), FileZilla for 20 s.
const (
	holdTime    = 11 * time.Second // from the client's first byte to the far side's; a second more to give up
	maxHold     = time.Minute      // that, where those before it get in one by one
	greetTime   = 2 * time.Second  // after it a client that others come before is greeted
	slowTry     = 6 * time.Second  // after it a second dial begins beside the first
	retryPause  = time.Second      // between dials that fail quickly
	maxTries    = 3
	silenceTime = time.Second      // after it the client is greeted first
	idleTime    = 12 * time.Second // after it a client that never spoke is let go
	lingerTime  = 2 * time.Second  // for a client to read the last words
)

// sshPrefix is what every SSH client and server says first (RFC 4253, 4.2).
const sshPrefix = "SSH-"

// A client is the local end. It is a *net.TCPConn, but for tests that play with time.
type client interface {
	net.Conn
	CloseRead() error
	CloseWrite() error
}

// A connection is one client of a tunnel.
type connection struct {
	tunnel *Tunnel
	local  client
	cancel context.CancelCauseFunc

	begun []byte // what the client has said and the far side has heard, before the relay
	sent  []byte // what the client has said and the far side has to hear

	greets   sync.Mutex // guards what follows until settled
	greeting string     // what we told the client in the far side's name, "" if nothing
	settled  bool       // that is all

	where   int    // which far side was reached, see Tunnel.where
	reached *relay // guarded by the tunnel; nil while the client is held, and once an end has come
}

func (c *connection) serve(ctx context.Context) {
	defer c.local.Close()
	stop := context.AfterFunc(ctx, func() { c.local.CloseRead() })
	spoke := c.hear()
	stop()
	if !spoke || ctx.Err() != nil {
		return
	}
	if err := c.tunnel.admit(c.local); err != nil {
		c.tunnel.log().Warn("a client is not admitted", "error", err)
		c.refuse(err)
		return
	}
	c.local.SetReadDeadline(time.Time{})
	far, first, err := c.reach(ctx)
	switch {
	case errors.Is(err, errClientGone):
	case err != nil:
		c.tunnel.log().Info("a client could not be served", "error", err)
		c.refuse(err)
	default:
		c.relay(ctx, far, first)
	}
}

// past is a deadline that wakes a blocked read.
var past = time.Unix(1, 0)

// hear waits for the client to speak and reports whether it speaks SSH. A client
// that waits for the server to speak first is greeted from memory, so that a
// silent connection (a port scan, a browser's spare one) opens no tunnel.
func (c *connection) hear() bool {
	c.local.SetReadDeadline(time.Now().Add(silenceTime))
	spoke, err := c.hearPrefix()
	if !errors.Is(err, os.ErrDeadlineExceeded) || len(c.sent) > 0 {
		return spoke
	}
	c.greet()
	c.local.SetReadDeadline(time.Now().Add(idleTime))
	spoke, _ = c.hearPrefix()
	return spoke
}

// greet shows the client how the far side called itself when it was seen last.
func (c *connection) greet() {
	c.greets.Lock()
	defer c.greets.Unlock()
	if greeting := c.tunnel.greeting(); greeting != "" && c.greeting == "" && !c.settled {
		c.greeting = greeting
		io.WriteString(c.local, greeting+"\r\n")
	}
}

func (c *connection) greetNoMore() {
	c.greets.Lock()
	defer c.greets.Unlock()
	c.settled = true
}

// hearPrefix reads until it is clear whether the client speaks SSH.
func (c *connection) hearPrefix() (bool, error) {
	buf := make([]byte, 512)
	for {
		n, err := c.local.Read(buf)
		c.sent = append(c.sent, buf[:n]...)
		if !agrees(c.sent, sshPrefix) {
			return false, nil
		}
		if len(c.sent) >= len(sshPrefix) {
			return true, nil
		}
		if err != nil {
			return false, err
		}
	}
}

// agrees reports whether said may still become, or already is, a text with this prefix.
func agrees(said []byte, prefix string) bool {
	n := min(len(said), len(prefix))
	return string(said[:n]) == prefix[:n]
}
