//go:build unix

package backendai

import (
	"context"
	"net"
	"syscall"
	"testing"

	"github.com/coder/websocket"
)

// With Nagle's algorithm on, uploads halve. Go turns it off; nothing of ours may
// turn it on again.
func TestWireDoesNotWaitForMore(t *testing.T) {
	c := live(t, true, func(ws *websocket.Conn) { ws.Read(context.Background()) })
	raw, err := c.bottom.(*wire).Conn.(*net.TCPConn).SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	var noDelay int
	if err := raw.Control(func(fd uintptr) {
		noDelay, err = syscall.GetsockoptInt(int(fd), syscall.IPPROTO_TCP, syscall.TCP_NODELAY)
	}); err != nil {
		t.Fatal(err)
	}
	if err != nil || noDelay == 0 {
		t.Errorf("TCP_NODELAY is %d, %v", noDelay, err)
	}
}
