package backendai

import (
	"context"
	"net"
	"net/http"
	"net/http/httptrace"
	"time"

	"github.com/coder/websocket"
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
	// No port is named: up to 25.15 even the right one is refused.
	address := c.address("/stream/session/" + id + "/tcpproxy?app=sshd")
	ctx, cancel := context.WithTimeout(ctx, handshakeTimeout)
	defer cancel()
	for first := true; ; first = false {
		conn, resp, err := c.handshake(ctx, address)
		if err == nil {
			return conn, nil
		}
		if !first || resp == nil || resp.StatusCode != http.StatusBadRequest || !c.correctClock(resp.Header) {
			return nil, handshakeError(op, resp, err)
		}
	}
}

func (c *Client) handshake(ctx context.Context, address string) (*Conn, *http.Response, error) {
	signed, err := newRequest(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, nil, err
	}
	c.keys.sign(signed, c.now())
	var wire net.Conn
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GotConn: func(info httptrace.GotConnInfo) { wire = info.Conn },
	})
	ws, resp, err := websocket.Dial(ctx, address, &websocket.DialOptions{
		HTTPClient: c.http,
		HTTPHeader: signed.Header,
		// SSH does not compress, and the server would compress it if offered.
		CompressionMode: websocket.CompressionDisabled,
	})
	if err != nil {
		return nil, resp, err
	}
	return newConn(ws, wire), resp, nil
}

func handshakeError(op string, resp *http.Response, err error) error {
	switch {
	case resp == nil:
		return transportError(op, err)
	case resp.StatusCode < http.StatusBadRequest:
		return &Error{Kind: Garbage, Op: op, Status: resp.StatusCode, Detail: "not a WebSocket"}
	}
	return answerError(op, resp)
}
