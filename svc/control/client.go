package control

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"baissh/proxy/state"
)

// ErrNoEngine says that nobody answers at the socket.
var ErrNoEngine = errors.New("baissh is not running")

// A Client speaks with the engine behind one socket.
type Client struct {
	http *http.Client
}

// NewClient returns a client. It does not connect yet.
func NewClient(socket string) *Client {
	connect := func(ctx context.Context, _, _ string) (net.Conn, error) {
		ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
		defer cancel()
		return dial(ctx, socket)
	}
	return &Client{http: &http.Client{Transport: &http.Transport{DialContext: connect}}}
}

// Close drops idle connections.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// Status returns the Snapshot as soon as its index is above index.
func (c *Client) Status(ctx context.Context, index uint64) (*state.Snapshot, error) {
	var s state.Snapshot
	return &s, c.do(ctx, http.MethodGet, "/v1/status?wait="+strconv.FormatUint(index, 10), nil, &s)
}

// Enable switches ssh for the sessions of one name on or off.
func (c *Client) Enable(ctx context.Context, word string, on bool) (state.Host, error) {
	var h state.Host
	return h, c.do(ctx, http.MethodPost, "/v1/enable", enableRequest{Host: word, On: on}, &h)
}

// SetPolicy says which sessions are enabled without being asked for by name.
func (c *Client) SetPolicy(ctx context.Context, p state.Policy) error {
	return c.do(ctx, http.MethodPost, "/v1/policy", policyRequest{Policy: p}, &struct{}{})
}

// Reload has the settings read again.
func (c *Client) Reload(ctx context.Context) error {
	return c.do(ctx, http.MethodPost, "/v1/reload", struct{}{}, &struct{}{})
}

func (c *Client) do(ctx context.Context, method, path string, body, into any) error {
	var payload io.Reader
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			return err
		}
		payload = bytes.NewReader(text)
	}
	req, err := http.NewRequestWithContext(ctx, method, "http://baissh"+path, payload)
	if err != nil {
		return err
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return callError(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return readFailure(resp)
	}
	if err := json.NewDecoder(resp.Body).Decode(into); err != nil {
		return fmt.Errorf("read the engine's answer: %w", callError(err))
	}
	return nil
}

// ErrBroken says that the engine ended in the middle of an answer.
var ErrBroken = errors.New("baissh has ended")

// callError takes away what net/http says of the address, which means nothing.
func callError(err error) error {
	var op *net.OpError
	var call *url.Error
	switch {
	case errors.As(err, &op) && op.Op == "dial":
		return fmt.Errorf("%w (%w)", ErrNoEngine, op.Err)
	case errors.As(err, &op), errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return ErrBroken
	case errors.As(err, &call):
		return call.Err
	}
	return err
}

func readFailure(resp *http.Response) error {
	var reply errorReply
	if err := json.NewDecoder(resp.Body).Decode(&reply); err != nil || reply.Error.Fact == "" {
		return fmt.Errorf("the engine answered %s; it may be another version of baissh", resp.Status)
	}
	return &state.Problem{Code: reply.Error.Code, Fact: reply.Error.Fact, Hint: reply.Error.Hint}
}
