package backendai

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"path"
	"strconv"
	"strings"
	"time"

	"baissh/proxy/state"
)

// A Kind is the class of an error: what the caller should do about it.
type Kind string

// The classes.
const (
	Retry   Kind = "retry"   // the network or the server has trouble: try again, later and later
	Limited Kind = "limited" // 429: wait RetryAfter
	SignIn  Kind = "sign-in" // the key pair or login is not accepted: a person has to act
	Gone    Kind = "gone"    // this session has ended or is not ours
	Refused Kind = "refused" // understood and declined; trying again will not help soon
	Garbage Kind = "garbage" // not an answer of a Backend.AI manager: change nothing
)

// An Error is an answer that is not what was asked for.
type Error struct {
	Kind       Kind
	Op         string        // what was tried: "list sessions"
	Status     int           // HTTP status or WebSocket close code, 0 when there was no answer
	Slug       string        // the last part of the problem's type, "" when there was none
	Detail     string        // for logs, printable; never compared
	RetryAfter time.Duration // with Limited; 0 if the manager did not say
	Err        error
}

func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(e.Op)
	if e.Status != 0 {
		fmt.Fprintf(&b, ": status %d", e.Status)
	}
	if e.Slug != "" {
		b.WriteString(" " + state.Printable(e.Slug))
	}
	if e.Detail != "" {
		b.WriteString(": " + state.Printable(e.Detail))
	}
	if e.Err != nil {
		b.WriteString(": " + e.Err.Error())
	}
	return b.String()
}

func (e *Error) Unwrap() error { return e.Err }

// KindOf returns the class of err; an error that is not ours is the network's.
func KindOf(err error) Kind {
	var e *Error
	if errors.As(err, &e) {
		return e.Kind
	}
	return Retry
}

// ErrNotReached says that not even a connection could be made.
var ErrNotReached = errors.New("no connection")

// NoSSHServer reports whether the manager opened the tunnel and then could not
// reach the session's ssh server.
func NoSSHServer(err error) bool {
	var e *Error
	return errors.As(err, &e) && e.Kind == Refused && (e.Status == int(closeRefused) || e.Status == int(closeDialError))
}

func garbage(op, detail string) *Error { return &Error{Kind: Garbage, Op: op, Detail: detail} }

// transportError is what became of a request that got no answer at all.
func transportError(op string, err error) *Error {
	if errors.Is(err, context.DeadlineExceeded) {
		return &Error{Kind: Retry, Op: op, Detail: "no answer in time", Err: err}
	}
	return &Error{Kind: Retry, Op: op, Err: err}
}

// problemJSON is the manager's error document.
type problemJSON struct {
	Type  string `json:"type"`
	Title string `json:"title"`
	Msg   string `json:"msg"`
}

// maxProblem bounds what is read of an error answer, in bytes.
const maxProblem = 64 << 10

// answerError turns an answer other than the wanted one into its class, for this
// kind of credential.
func (c *Client) answerError(op string, resp *http.Response) *Error {
	e := answerError(op, resp)
	if e.Kind == SignIn && c.who.prefix() != "" {
		e.Err = ErrLoginEnded
	}
	return e
}

// answerError turns an answer other than the wanted one into its class.
// Matching is on status and slug only: titles and messages differ by release.
func answerError(op string, resp *http.Response) *Error {
	e := &Error{Op: op, Status: resp.StatusCode}
	p, ours := readProblem(resp)
	if ours {
		e.Slug, e.Detail = path.Base(p.Type), p.Title
	}
	e.Kind = classify(resp.StatusCode, e.Slug, ours)
	if e.Kind == Limited {
		e.RetryAfter = retryAfter(resp.Header)
	}
	return e
}

func readProblem(resp *http.Response) (p problemJSON, ours bool) {
	// Managers of 26.x in debug mode say application/json.
	media, _, _ := mime.ParseMediaType(resp.Header.Get("Content-Type"))
	if media != "application/problem+json" && media != "application/json" {
		return p, false
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxProblem))
	if err != nil || json.Unmarshal(body, &p) != nil {
		return p, false
	}
	return p, p.Type != "" || p.Title != ""
}

func classify(status int, slug string, ours bool) Kind {
	switch {
	case status == http.StatusTooManyRequests:
		return Limited
	case status == http.StatusBadGateway, status == http.StatusServiceUnavailable, status == http.StatusGatewayTimeout:
		return Retry // a gateway in front of the manager says this in HTML
	case !ours:
		return Garbage
	case status == http.StatusUnauthorized:
		return SignIn
	case status == http.StatusNotFound && (slug == "object-not-found" || slug == "entity-not-found"):
		return Gone
	case status == http.StatusForbidden && slug == "not-enough-permission":
		return Gone // 26.9: an unknown or foreign UUID
	case status >= 500:
		return Retry
	}
	return Refused
}

// retryAfter is the pause that 26.9 announces; earlier releases announce none.
func retryAfter(h http.Header) time.Duration {
	for _, name := range []string{"X-RateLimit-Reset", "Retry-After"} {
		if s, err := strconv.Atoi(h.Get(name)); err == nil && s > 0 && s <= 3600 {
			return time.Duration(s) * time.Second
		}
	}
	return 0
}
