package backendai

import (
	"net/http"
	"time"
)

// A credential makes requests somebody's, in one of the two ways that Backend.AI
// has: a manager wants each request signed, its web server wants to be shown a
// login, and signs in our place.
type credential interface {
	authorize(req *http.Request, now time.Time)
	accessKey() string // whose sessions are ours
	prefix() string    // what comes before the manager's paths

	// checkReply finds a refusal in what looks like a good answer.
	checkReply(op string, reply []byte) error
}

// Uses reports whether this is the secret key, or the id of the login, that the
// client works with.
func (c *Client) Uses(secret string) bool {
	switch who := c.who.(type) {
	case KeyPair:
		return who.SecretKey == secret
	case WebLogin:
		return who.SessionID == secret
	}
	return false
}
