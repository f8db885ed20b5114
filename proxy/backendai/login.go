package backendai

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"path"
	"strings"
	"time"
)

// A Password is what a person signs in to a web server with. It is not kept.
type Password struct {
	User, Password string
	Code           string // the one-time code, once the server has asked for it
	Force          bool   // end others of the user's logins, where there are too many: the oldest, or all of them
}

// What a sign-in may be answered with, beside what any call may.
var (
	ErrPassword     = errors.New("user name or password are not right")
	ErrCodeWanted   = errors.New("a one-time code is wanted, too")
	ErrCode         = errors.New("the one-time code is not right")
	ErrCodeIgnored  = errors.New("the one-time code was not passed on")
	ErrNotEnrolled  = errors.New("the user has to set up one-time codes first")
	ErrExpired      = errors.New("the password has expired")
	ErrManyLogins   = errors.New("the user has as many logins as are allowed")
	ErrLoginBlocked = errors.New("the user is blocked after too many failures")
)

// blockTime is how long a name is blocked where the server does not say. A try
// in that time starts it anew.
const blockTime = 20 * time.Minute

const opLogin = "sign in"

// LogIn signs in. It tries once: ten refusals block the user for 20 minutes, and up to
// 25.15 that a code is wanted is one of them.
func (c *Client) LogIn(ctx context.Context, p Password) (WebLogin, error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	payload, err := encode(loginBody(p))
	if err != nil {
		return WebLogin{}, err
	}
	req, err := newRequest(ctx, http.MethodPost, c.server("/login"), payload)
	if err != nil {
		return WebLogin{}, err
	}
	asked := time.Now()
	resp, err := c.http.Do(req)
	if err != nil {
		return WebLogin{}, transportError(opLogin, err)
	}
	defer resp.Body.Close()
	l, err := readLogin(resp, asked)
	return l, p.explain(err)
}

// explain knows the web servers that want a code and pass none on: those before 22.09.
func (p Password) explain(err error) error {
	if e := (*Error)(nil); p.Code != "" && errors.As(err, &e) && errors.Is(e.Err, ErrCodeWanted) {
		e.Err = ErrCodeIgnored
	}
	return err
}

func loginBody(p Password) map[string]any {
	body := map[string]any{"username": p.User, "password": p.Password}
	if p.Code != "" {
		body["otp"] = p.Code
	}
	if p.Force {
		body["force"] = true
	}
	return body
}

// server is the address of what only a web server has.
func (c *Client) server(path string) string { return c.endpoint.String() + "/server" + path }

// A loginReply is the answer to a sign-in, and to the question whether one lasts.
type loginReply struct {
	Authenticated *bool `json:"authenticated"`
	Data          struct {
		AccessKey string `json:"access_key"`
		Type      string `json:"type"`
		Title     string `json:"title"`
		Details   string `json:"details"`
	} `json:"data"`
	SessionID string `json:"session_id"`

	problemJSON // where the answer is a plain refusal
}

// readLogin believes "authenticated" alone: refusals come with status 200, and
// with a cookie, too.
func readLogin(resp *http.Response, asked time.Time) (WebLogin, error) {
	body, err := readAll(opLogin, resp.Body, maxProblem)
	if err != nil {
		return WebLogin{}, err
	}
	var reply loginReply
	if json.Unmarshal(body, &reply) != nil {
		return WebLogin{}, &Error{Kind: classify(resp.StatusCode, "", false), Op: opLogin, Status: resp.StatusCode, Detail: "not a web server's answer"}
	}
	if reply.Authenticated == nil || !*reply.Authenticated {
		return WebLogin{}, reply.refusal(resp)
	}
	l := loginOf(resp, asked)
	l.AccessKey = reply.Data.AccessKey
	if l.SessionID == "" || l.AccessKey == "" {
		return WebLogin{}, garbage(opLogin, "no login in the answer")
	}
	return l, nil
}

// loginOf reads the cookie, which has the life of the login, too. The time of the
// server's clock is of no use: ours may be another.
func loginOf(resp *http.Response, asked time.Time) WebLogin {
	l := WebLogin{SessionID: resp.Header.Get(loginHeader)}
	for _, cookie := range resp.Cookies() {
		if cookie.Name != loginCookie || cookie.Value == "" {
			continue
		}
		if l.SessionID == "" {
			l.SessionID = cookie.Value
		}
		if cookie.MaxAge > 0 {
			l.Expires = asked.Add(time.Duration(cookie.MaxAge) * time.Second).Truncate(time.Second)
		}
	}
	return l
}

// refusal finds out what a sign-in was refused for.
func (r *loginReply) refusal(resp *http.Response) error {
	e := &Error{Op: opLogin, Status: resp.StatusCode, Slug: path.Base(r.Type), Detail: r.Title}
	if r.Data.Type != "" {
		e.Slug, e.Detail = path.Base(r.Data.Type), r.Data.Title
	}
	e.Kind, e.Err = classify(resp.StatusCode, e.Slug, true), r.cause(e.Slug, resp.StatusCode)
	switch {
	case errors.Is(e.Err, ErrLoginBlocked):
		e.Kind, e.RetryAfter = Limited, retryAfter(resp.Header)
		if e.RetryAfter == 0 {
			e.RetryAfter = blockTime
		}
	case e.Err != nil:
		e.Kind = SignIn
	case resp.StatusCode < http.StatusInternalServerError:
		e.Kind = Refused
	}
	return e
}

func (r *loginReply) cause(slug string, status int) error {
	switch {
	case slug == "require-totp-authentication", strings.EqualFold(r.Data.Details, "OTP not provided"): // the words are all that releases before 25.9 have
		return ErrCodeWanted
	case slug == "require-totp-registration":
		return ErrNotEnrolled
	case slug == "active-login-session-exists":
		return ErrManyLogins
	case slug == "password-expired":
		return ErrExpired
	case slug == "rejected-by-hook":
		return ErrCode
	case slug == "too-many-requests", slug == "login-blocked", status == http.StatusTooManyRequests:
		return ErrLoginBlocked
	case slug == "auth-failed", slug == "invalid-credentials":
		return ErrPassword
	}
	return nil
}
