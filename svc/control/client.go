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

// ErrSilent says that somebody listens at the socket, and does not answer.
var ErrSilent = errors.New("baissh is running, but does not answer")

// silentTime is how long the engine may take to say how things are, which it does in the
// next moment: more is a machine on its last legs, or a program that was stopped.
const silentTime = 15 * time.Second

// A Client speaks with the engine behind one socket.
type Client struct {
	http   *http.Client
	silent time.Duration
}

// NewClient returns a client. It does not connect yet.
func NewClient(socket string) *Client {
	connect := func(ctx context.Context, _, _ string) (net.Conn, error) {
		ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
		defer cancel()
		return dial(ctx, socket)
	}
	return &Client{http: &http.Client{Transport: &http.Transport{DialContext: connect}}, silent: silentTime}
}

// Close drops idle connections.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// Status returns the Snapshot as soon as its index is above index, which may take for
// ever; but that of 0 is there at once, or the error is ErrSilent.
func (c *Client) Status(ctx context.Context, index uint64) (*state.Snapshot, error) {
	if index == 0 {
		limited, cancel := context.WithTimeoutCause(ctx, c.silent, ErrSilent)
		defer cancel()
		ctx = limited
	}
	var s state.Snapshot
	err := c.do(ctx, http.MethodGet, "/v1/status?wait="+strconv.FormatUint(index, 10), nil, &s)
	if err != nil && context.Cause(ctx) == ErrSilent {
		err = ErrSilent
	}
	return &s, err
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
