package backendai

import (
	"context"
	"sync"
)

// tunnels counts those of one client that are open, or asked for. A nil one counts none.
type tunnels struct {
	mu   sync.Mutex // guards what follows
	open int
	none chan struct{} // closed when the last has ended; nil while nobody waits
}

func (t *tunnels) begin() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.open++
}

func (t *tunnels) end() {
	if t == nil {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.open--; t.open == 0 && t.none != nil {
		close(t.none)
		t.none = nil
	}
}

// over is closed as soon as none is open.
func (t *tunnels) over() <-chan struct{} {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.none == nil {
		t.none = make(chan struct{})
	}
	over := t.none
	if t.open == 0 {
		close(over)
		t.none = nil
	}
	return over
}

// AwaitNoTunnels waits until no tunnel that the client has made is open any more, as
// [Client.LogOut] wants it.
func (c *Client) AwaitNoTunnels(ctx context.Context) error {
	select {
	case <-c.tunnels.over():
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
