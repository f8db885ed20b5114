package backendai

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"sync/atomic"
	"time"

	"baissh/proxy/state"
)

// A Client speaks for one user with one manager, or with the web server before
// it. It is safe for concurrent use. Create it with [New].
type Client struct {
	endpoint *url.URL
	who      credential
	http     *http.Client
	skew     atomic.Int64 // server's clock minus ours, in nanoseconds
	release  atomic.Pointer[string]
	tunnels  tunnels
}

// Limits of one call. An answer beyond them is garbage or not worth waiting for.
const (
	callTimeout = 30 * time.Second
	maxReply    = 16 << 20 // bytes
)

// Config says whom to speak with, as whom, and how to trust.
type Config struct {
	Endpoint string // http(s)://host[:port][/path]
	Keys     KeyPair
	Login    *WebLogin // at a web server; Keys are for a manager
	Trust    Trust
	Dial     func(ctx context.Context, network, address string) (net.Conn, error) // nil is the machine's network
}

// New returns a client. It does not connect; it fails on an endpoint that is
// no http(s) address and on trust settings that cannot be read.
func New(cfg Config) (*Client, error) {
	u, err := state.ParseEndpoint(cfg.Endpoint)
	if err != nil {
		return nil, err
	}
	transport, err := cfg.transport()
	if err != nil {
		return nil, err
	}
	c := &Client{endpoint: u, who: cfg.Keys, http: &http.Client{
		Transport: transport,
		// A signature holds for one address only, so a redirect is an answer, not a way.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
	if cfg.Login != nil {
		c.who = *cfg.Login
	}
	return c, nil
}

// Endpoint returns the address of the manager or web server.
func (c *Client) Endpoint() string { return c.endpoint.String() }

// Close drops idle connections. Open tunnels and streams live on.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// address is the URL of a manager's path, which may carry a query.
func (c *Client) address(pathAndQuery string) string {
	return c.endpoint.String() + c.who.prefix() + pathAndQuery
}

// call asks the manager for one thing and returns the answer's body, which is at
// most maxReply bytes. A body that is not nil is sent as JSON.
func (c *Client) call(ctx context.Context, op, method, path string, body any) ([]byte, error) {
	return c.callAt(ctx, op, method, c.address(path), body)
}

func (c *Client) callAt(ctx context.Context, op, method, address string, body any) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	payload, err := encode(body)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", op, err)
	}
	resp, err := c.send(ctx, op, func() (*http.Request, error) {
		req, err := newRequest(ctx, method, address, payload)
		if err == nil {
			// Nothing is changed by asking twice. That it is empty says so to net/http alone,
			// which then asks again by itself when a proxy has cut the idle connection in
			// the very moment: many do after 60 s, which is the period of lists too.
			req.Header["Idempotency-Key"] = nil
		}
		return req, err
	})
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return nil, c.answerError(op, resp)
	}
	reply, err := readAll(op, resp.Body, maxReply)
	if err != nil {
		return nil, err
	}
	return reply, c.who.checkReply(op, reply)
}

// send authorizes and sends what build makes. When the server finds the date wrong,
// the clock is corrected from its answer and the request is built once more.
func (c *Client) send(ctx context.Context, op string, build func() (*http.Request, error)) (*http.Response, error) {
	for first := true; ; first = false {
		req, err := build()
		if err != nil {
			return nil, fmt.Errorf("%s: %w", op, err)
		}
		c.who.authorize(req, c.now())
		resp, err := c.http.Do(req)
		if err != nil {
			return nil, transportError(op, err)
		}
		if !first || resp.StatusCode != http.StatusBadRequest || !c.correctClock(resp.Header) {
			return resp, nil
		}
		resp.Body.Close()
	}
}

func encode(body any) ([]byte, error) {
	if body == nil {
		return nil, nil
	}
	return json.Marshal(body)
}

func newRequest(ctx context.Context, method, address string, payload []byte) (*http.Request, error) {
	req, err := http.NewRequestWithContext(ctx, method, address, bytes.NewReader(payload))
	if err != nil {
		return nil, err
	}
	req.Header.Set("User-Agent", "baissh")
	if payload != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	return req, nil
}

// readAll reads an answer and refuses one that is cut short or has no end.
func readAll(op string, r io.Reader, limit int64) ([]byte, error) {
	body, err := io.ReadAll(io.LimitReader(r, limit+1))
	if err != nil {
		return nil, transportError(op, fmt.Errorf("read the answer: %w", err))
	}
	if int64(len(body)) > limit {
		return nil, garbage(op, fmt.Sprintf("the answer is larger than %d MiB", limit>>20))
	}
	return body, nil
}

// decode parses a JSON answer. Unknown keys are fine: newer releases add some.
func decode(op string, body []byte, into any) error {
	if err := json.Unmarshal(body, into); err != nil {
		return &Error{Kind: Garbage, Op: op, Detail: "not the JSON that a manager sends", Err: err}
	}
	return nil
}
