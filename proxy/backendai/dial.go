package backendai

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptrace"
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
	ctx, cancel := context.WithTimeout(ctx, handshakeTimeout)
	defer cancel()
	var conn net.Conn
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GotConn: func(info httptrace.GotConnInfo) { conn = info.Conn },
	})
	key := newUpgradeKey()
	// No port is named: up to 25.15 even the right one is refused.
	address := c.address("/stream/session/" + id + "/tcpproxy?app=sshd")
	resp, err := c.send(ctx, op, func() (*http.Request, error) { return newUpgrade(ctx, address, key) })
	if err != nil && conn == nil {
		return nil, fmt.Errorf("%w: %w", err, ErrNotReached)
	}
	if err != nil {
		return nil, err
	}
	if body, ok := upgraded(resp, key); ok {
		return newConn(body, conn), nil
	}
	defer resp.Body.Close()
	return nil, c.refusal(ctx, op, id, resp)
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
