package backendai

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptrace"
	"sync/atomic"
	"time"
)

// handshakeTimeout bounds the wait for the 101: with a dead agent, 26.9 never answers.
const handshakeTimeout = 30 * time.Second

// Dial opens a tunnel to the ssh server of the session with this UUID. The UUID
// must be RUNNING in the newest list: from 26.4.4 on, that of an ended session
// leads into the next session of the same name.
//
// A tunnel that stands proves nothing about the ssh server: the manager connects
// to it only afterwards.
func (c *Client) Dial(ctx context.Context, id string) (*Conn, error) {
	const op = "open a tunnel"
	if !uuidPattern.MatchString(id) {
		return nil, garbage(op, "not a session id")
	}
	h := &handshake{client: c, id: id, done: make(chan struct{})}
	ending, end := context.WithTimeout(context.WithoutCancel(ctx), handshakeTimeout)
	c.tunnels.begin()
	go func() { // ends with its context at the latest
		defer end()
		defer close(h.done)
		if h.conn, h.err = h.shake(ending, op); h.err != nil {
			c.tunnels.end()
		}
	}()
	select {
	case <-h.done:
		return h.conn, h.err
	case <-ctx.Done():
		return nil, h.abandon(ctx, op, end)
	}
}

// A handshake is a tunnel that is asked for.
type handshake struct {
	client  *Client
	id      string
	reached atomic.Bool // there is a connection

	done chan struct{} // closed when what follows is known
	conn *Conn
	err  error
}

// lateAnswer is how long an answer may take to a tunnel that nobody waits for any more.
const lateAnswer = time.Second

// abandon gives up waiting. If the tunnel was about to stand, it still gets its goodbye:
// one that is merely cut keeps its place at the ssh server for up to 21 s.
func (h *handshake) abandon(ctx context.Context, op string, end func()) error {
	if !h.reached.Load() {
		end()
		<-h.done
		if h.conn != nil {
			h.conn.Abandon()
		}
		return fmt.Errorf("%w: %w", transportError(op, context.Cause(ctx)), ErrNotReached)
	}
	late := time.AfterFunc(lateAnswer, end)
	go func() { // ends when the answer is too late
		<-h.done
		late.Stop()
		if h.conn != nil {
			h.conn.Abandon()
		}
	}()
	return transportError(op, context.Cause(ctx))
}

func (h *handshake) shake(ctx context.Context, op string) (*Conn, error) {
	var conn net.Conn
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GotConn: func(info httptrace.GotConnInfo) { conn = info.Conn; h.reached.Store(true) },
	})
	key := newUpgradeKey()
	// No port is named: up to 25.15 even the right one is refused.
	address := h.client.address("/stream/session/" + h.id + "/tcpproxy?app=sshd")
	resp, err := h.client.send(ctx, op, func() (*http.Request, error) { return newUpgrade(ctx, address, key) })
	if err != nil && conn == nil {
		return nil, fmt.Errorf("%w: %w", err, ErrNotReached)
	}
	if err != nil {
		return nil, err
	}
	if body, ok := upgraded(resp, key); ok {
		tunnel := newConn(body, conn)
		tunnel.among = &h.client.tunnels
		return tunnel, nil
	}
	defer resp.Body.Close()
	return nil, h.client.refusal(ctx, op, h.id, resp)
}

// refusal is what an answer means that is no upgrade. A web server makes 502 of
// each refusal of the manager's, whose reason another question brings out.
func (c *Client) refusal(ctx context.Context, op, id string, resp *http.Response) error {
	if resp.StatusCode < http.StatusBadRequest {
		return &Error{Kind: Garbage, Op: op, Status: resp.StatusCode, Detail: "not a WebSocket"}
	}
	err := c.answerError(op, resp)
	if c.who.prefix() == "" || resp.StatusCode != http.StatusBadGateway || err.Slug == "" {
		return err
	}
	if _, reason := c.call(ctx, op, http.MethodGet, "/stream/session/"+id+"/apps", nil); reason != nil {
		return reason
	}
	return err
}
