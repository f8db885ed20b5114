package backendai

import (
	"context"
	"errors"
	"net/http"
	"time"
)

// CheckLogin asks the web server whether the login lasts, and whose it is. It
// says nothing of the manager behind it.
func (c *Client) CheckLogin(ctx context.Context) (accessKey string, err error) {
	const op = "check the login"
	// GET is answered with a web page.
	body, err := c.callAt(ctx, op, http.MethodPost, c.server("/login-check"), struct{}{})
	if err != nil {
		return "", err
	}
	var reply loginReply
	if err := decode(op, body, &reply); err != nil {
		return "", err
	}
	switch {
	case reply.Authenticated == nil:
		return "", garbage(op, "not a web server's answer")
	case !*reply.Authenticated:
		return "", &Error{Kind: SignIn, Op: op, Status: http.StatusOK, Err: ErrLoginEnded}
	}
	return reply.Data.AccessKey, nil
}

// CanExtend reports whether the release can prolong a login. The client must have
// said hello.
func (c *Client) CanExtend() bool {
	_, web := c.who.(WebLogin)
	return web && c.since(24, 9)
}

// Extend has the login last anew from now on, and returns until when.
func (c *Client) Extend(ctx context.Context) (time.Time, error) {
	const op = "extend the login"
	body, err := c.callAt(ctx, op, http.MethodPost, c.server("/extend-login-session"), struct{}{})
	if err != nil {
		return time.Time{}, err
	}
	var reply struct {
		Expires string `json:"expires"`
	}
	if err := decode(op, body, &reply); err != nil {
		return time.Time{}, err
	}
	expires := instant(&reply.Expires)
	if expires.IsZero() {
		return expires, garbage(op, "no time in the answer")
	}
	return expires.Add(-time.Duration(c.skew.Load())), nil // the server's clock may be another
}

// LogOut ends the login. All tunnels and streams must have ended before: they
// outlive it, and the end of one may undo it, which is why the server is asked
// again.
func (c *Client) LogOut(ctx context.Context) error {
	for range logOutTries {
		if err := c.logOut(ctx); err != nil {
			return err
		}
		_, err := c.CheckLogin(ctx)
		if errors.Is(err, ErrLoginEnded) {
			return nil
		}
		if err != nil {
			return err
		}
	}
	return &Error{Kind: Refused, Op: opLogout, Detail: "the login goes on"}
}

const (
	opLogout    = "sign out"
	logOutTries = 3
)

func (c *Client) logOut(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	resp, err := c.send(ctx, opLogout, func() (*http.Request, error) {
		return newRequest(ctx, http.MethodPost, c.server("/logout"), nil)
	})
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK && resp.StatusCode != http.StatusCreated { // the latter up to 23.09
		return c.answerError(opLogout, resp)
	}
	return nil
}
