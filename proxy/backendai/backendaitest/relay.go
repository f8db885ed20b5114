package backendaitest

import (
	"context"
	"io"
	"net"
	"sync"
	"time"

	"github.com/coder/websocket"
)

// managerChunk is the manager's buffer, and so the largest of its messages, in bytes.
const managerChunk = 256 << 10

// relay copies both ways until either side ends, and ends the other. There is no
// half-close.
func (t *tunnel) relay(ctx context.Context, ssh net.Conn) {
	if t.fault.Delay > 0 || t.fault.Kind != "" && t.fault.After == 0 {
		timer := time.AfterFunc(t.fault.Delay, func() { t.strike() })
		defer timer.Stop()
	}
	var wg sync.WaitGroup
	defer wg.Wait()
	ended := make(chan struct{})
	wg.Go(func() {
		defer close(ended)
		t.copyDown(ssh)
	})
	if vanished := t.copyUp(ssh); vanished {
		t.keepVanished(ctx, ended)
	}
	if t.server.options.ForgetsSSH {
		t.forget(ssh, ended)
		return
	}
	ssh.Close()
}

// forget leaves it to the ssh server to end the connection.
func (t *tunnel) forget(ssh net.Conn, ended <-chan struct{}) {
	ssh.SetReadDeadline(time.Now()) // for copyDown
	<-ended
	ssh.SetReadDeadline(time.Time{})
	t.server.tasks.Go(func() {
		defer ssh.Close()
		io.Copy(io.Discard, ssh)
	})
}

// keepVanished keeps the ssh server's side of a client that left without a word,
// for as long as the release does not notice.
func (t *tunnel) keepVanished(ctx context.Context, ended <-chan struct{}) {
	select {
	case <-time.After(t.server.release.vanishedClient):
	case <-ended:
	case <-ctx.Done():
	}
}

// copyDown sends what the ssh server says, a message for each read.
func (t *tunnel) copyDown(ssh net.Conn) {
	buf := make([]byte, managerChunk)
	for sent := int64(0); ; {
		n, err := ssh.Read(t.untilFault(buf, sent))
		if t.isStalled() && err == nil {
			continue // until the ssh server's side is closed
		}
		if n > 0 && !t.isStalled() && t.ws.Write(context.Background(), websocket.MessageBinary, buf[:n]) != nil {
			return
		}
		sent += int64(n)
		if err != nil {
			if !t.isStalled() {
				t.end()
			}
			return
		}
		if t.fault.After > 0 && sent >= t.fault.After && t.strike() {
			return
		}
	}
}

// untilFault cuts the buffer so that a fault strikes after exactly so many bytes.
func (t *tunnel) untilFault(buf []byte, sent int64) []byte {
	if left := t.fault.After - sent; t.fault.After > 0 && left > 0 && left < int64(len(buf)) {
		return buf[:left]
	}
	return buf
}

// end tells the client that the ssh server has hung up, as the release does.
func (t *tunnel) end() {
	t.server.noteEnd(t.record, FarEnd)
	if t.server.release.endIsFIN {
		t.part() // before the client can know, who may come again
		t.ws.CloseNow()
		return
	}
	t.close(websocket.StatusGoingAway)
}

// strike plays the tunnel's fault, and reports whether it was the end of it.
func (t *tunnel) strike() bool {
	if t.fault.Kind == Stall {
		t.stall()
		return false
	}
	t.server.noteEnd(t.record, FarEnd)
	switch t.fault.Kind {
	case DropTunnel:
		t.ws.CloseNow()
	case ResetTunnel:
		reset(connectionOf(t.request))
		t.ws.CloseNow()
	default:
		t.close(websocket.StatusGoingAway)
	}
	return true
}

func (t *tunnel) isStalled() bool {
	select {
	case <-t.stalled:
		return true
	default:
		return false
	}
}

// copyUp passes on what the client sends, and reports whether it left without a
// close frame. Text messages are ignored.
func (t *tunnel) copyUp(ssh net.Conn) (vanished bool) {
	far := &farWriter{Writer: ssh}
	for {
		kind, message, err := t.ws.Reader(context.Background())
		if err == nil && (kind != websocket.MessageBinary || t.isStalled()) {
			_, err = io.Copy(io.Discard, message)
		} else if err == nil {
			_, err = io.Copy(far, message)
		}
		if far.failed {
			t.server.noteEnd(t.record, FarEnd)
			return false
		}
		if err != nil {
			end := endOfClient(int(websocket.CloseStatus(err)))
			t.server.noteEnd(t.record, end)
			return end == Vanished
		}
	}
}

// A farWriter tells an ssh server that takes no more from a client that sends no more.
type farWriter struct {
	io.Writer
	failed bool
}

func (w *farWriter) Write(p []byte) (int, error) {
	n, err := w.Writer.Write(p)
	w.failed = w.failed || err != nil
	return n, err
}
