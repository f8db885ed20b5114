package backendai

import (
	"encoding/json"
	"errors"
	"net/http"
	"path"
	"time"
)

// A WebLogin is what a web server knows a user by, for some days. The zero value
// is somebody who has not signed in there yet.
type WebLogin struct {
	AccessKey string
	SessionID string    // a secret, as good as the password while it lasts
	Expires   time.Time // zero if nobody said
}

// String hides the id, so that no log line can show it.
func (l WebLogin) String() string { return l.AccessKey }

// GoString hides the id from %#v as well.
func (l WebLogin) GoString() string { return l.AccessKey }

// ErrLoginEnded says that a web server does not know the login, or not any more.
var ErrLoginEnded = errors.New("the login has ended")

const (
	loginCookie = "AIOHTTP_SESSION"
	loginHeader = "X-BackendAI-SessionID" // counts before the cookie; 22.03 knows the cookie alone
)

func (l WebLogin) prefix() string    { return "/func" }
func (l WebLogin) accessKey() string { return l.AccessKey }

func (l WebLogin) authorize(req *http.Request, _ time.Time) {
	req.Header.Set("X-BackendAI-Version", apiVersion)
	if l.SessionID == "" {
		return
	}
	req.Header.Set(loginHeader, l.SessionID)
	req.AddCookie(&http.Cookie{Name: loginCookie, Value: l.SessionID})
}

// checkReply knows web servers that refuse a dead login with status 200.
func (l WebLogin) checkReply(op string, reply []byte) error {
	var p problemJSON
	if json.Unmarshal(reply, &p) != nil || path.Base(p.Type) != "auth-failed" {
		return nil
	}
	return &Error{Kind: SignIn, Op: op, Status: http.StatusOK, Slug: "auth-failed", Detail: p.Title, Err: ErrLoginEnded}
}
