package backendai

import (
	"context"
	"net/http"
	"strconv"
	"strings"
)

// Hello is what a manager says of itself to anybody.
type Hello struct {
	API     string `json:"version"` // "v7.20230615"
	Release string `json:"manager"` // "23.09.11"
}

// Hello asks the manager who it is, and takes its clock. It proves nothing about
// the key pair: the answer is the same with a wrong signature.
func (c *Client) Hello(ctx context.Context) (Hello, error) {
	const op = "say hello"
	var h Hello
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	req, err := newRequest(ctx, http.MethodGet, c.address("/"), nil)
	if err != nil {
		return h, err
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return h, transportError(op, err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return h, c.answerError(op, resp)
	}
	c.correctClock(resp.Header)
	return h, c.readHello(op, resp, &h)
}

func (c *Client) readHello(op string, resp *http.Response, h *Hello) error {
	body, err := readAll(op, resp.Body, maxProblem)
	if err != nil {
		return err
	}
	if err := decode(op, body, h); err != nil {
		return err
	}
	if !strings.HasPrefix(h.API, "v") || h.Release == "" {
		return garbage(op, "no version in the answer")
	}
	c.release.Store(&h.Release)
	return nil
}

// CheckAccess asks for something that only a user with a valid key pair or login
// is given.
func (c *Client) CheckAccess(ctx context.Context) error {
	_, err := c.call(ctx, "check the access", http.MethodGet, "/auth/ssh-keypair", nil)
	return err
}

// since reports whether the manager is of this release or a later one. A manager
// that has not said hello counts as the oldest.
func (c *Client) since(year, month int) bool {
	release := c.release.Load()
	if release == nil {
		return false
	}
	parts := strings.SplitN(*release, ".", 3)
	if len(parts) < 2 {
		return false
	}
	y, _ := strconv.Atoi(parts[0])
	m, _ := strconv.Atoi(parts[1])
	return y > year || y == year && m >= month
}
