package backendaitest

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"time"
)

func itoa(n int) string { return strconv.Itoa(n) }

// The block of a name after too many refusals.
const (
	allowedFailures = 10
	blockTime       = 20 * time.Minute
)

// loginFailures are the refusals of one name, one after the other.
type loginFailures struct {
	count int
	last  time.Time
}

// A signIn is what somebody signs in with.
type signIn struct {
	User     string `json:"username"`
	Password string `json:"password"`
	Code     string `json:"otp"`
	Force    bool   `json:"force"`
}

func (c *webCall) logIn() {
	var in signIn
	if json.NewDecoder(c.r.Body).Decode(&in) != nil || in.User == "" {
		c.refuse(invalidParams("You must provide the username field."))
		return
	}
	switch {
	case in.Password == "":
		c.refuse(invalidParams("You must provide the password field."))
	case c.login != nil:
		c.refuse(badRequest("You have already logged in."))
	case c.server.blocked(in.User):
		c.refuse(refuse(http.StatusTooManyRequests, "too-many-requests", "Too many failed login attempts"))
	case !c.server.manager.isOpen():
		c.refuse(badGateway())
	default:
		c.tryLogin(in)
	}
}

func (d *door) isOpen() bool {
	d.Lock()
	defer d.Unlock()
	return d.up != nil
}

// blocked counts a try in the time of the block as one more refusal.
func (s *Server) blocked(user string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	f := s.failures[user]
	if f.count < allowedFailures || time.Since(f.last) > blockTime {
		return false
	}
	f.last = time.Now()
	s.failures[user] = f
	return true
}

func (c *webCall) tryLogin(in signIn) {
	if !c.server.release.web.takesCode {
		in.Code = ""
	}
	pair, refusal := c.server.signIn(in)
	if refusal != nil {
		c.server.countFailure(in.User, refusal)
		c.showCookie(strings.ReplaceAll(newUUID4(), "-", "")) // of a login that is none
		status := http.StatusOK
		if c.server.release.web.refusalStatus {
			status = refusal.Status
		}
		writeJSON(c.w, status, map[string]any{"authenticated": false, "data": map[string]string{
			"type": "https://api.backend.ai/probs/" + refusal.Slug, "title": refusal.Title, "details": refusal.Msg,
		}})
		return
	}
	c.server.mu.Lock()
	delete(c.server.failures, in.User)
	c.server.mu.Unlock()
	c.showCookie(c.server.addLogin(pair))
	writeJSON(c.w, http.StatusOK, map[string]any{"authenticated": true, "data": describe(pair)})
}

func describe(pair *keyPair) map[string]string {
	return map[string]string{"access_key": pair.access, "role": pair.owner.Role, "status": "active"}
}

func (s *Server) countFailure(user string, p *problem) {
	if s.release.web.countsPassword && p.Status != http.StatusUnauthorized {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	f := s.failures[user]
	s.failures[user] = loginFailures{f.count + 1, time.Now()}
}

// signIn is the manager's part: the password, the code, the number of logins.
func (s *Server) signIn(in signIn) (*keyPair, *problem) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var found *user
	for _, u := range s.users {
		if u.Email == in.User && u.Password != "" && u.Password == in.Password {
			found = u
		}
	}
	switch {
	case found == nil:
		return nil, authFailed("User credential mismatch.")
	case found.Code != "" && in.Code == "":
		return nil, s.release.web.wantsCode()
	case found.Code != "" && in.Code != found.Code:
		return nil, refuse(http.StatusBadRequest, "rejected-by-hook", "Rejected by hook.").because("Invalid TOTP code provided")
	case s.release.web.limitsLogins && !s.makeRoom(found, in.Force):
		return nil, refuse(http.StatusConflict, "active-login-session-exists", "Active login session exists.")
	}
	return found.main, nil
}

func (d webDialect) wantsCode() *problem {
	if d.code == codeByText {
		return refuse(http.StatusBadRequest, "rejected-by-hook", "Rejected by hook.").because("OTP not provided")
	}
	return refuse(http.StatusOK, "require-totp-authentication", "TOTP authentication is required.")
}

// makeRoom ends the user's other logins if it must and may. It wants the lock.
func (s *Server) makeRoom(u *user, force bool) bool {
	var others []string
	for id, l := range s.logins {
		if l.pair.owner == u && time.Now().Before(l.ends) {
			others = append(others, id)
		}
	}
	if u.MaxLogins == 0 || len(others) < u.MaxLogins {
		return true
	}
	for _, id := range others {
		if force {
			delete(s.logins, id)
		}
	}
	return force
}

func (c *webCall) checkLogin() {
	if c.login == nil {
		writeJSON(c.w, http.StatusOK, map[string]any{"authenticated": false, "data": nil, "session_id": nil})
		return
	}
	writeJSON(c.w, http.StatusOK, map[string]any{"authenticated": true, "data": describe(c.login.pair), "session_id": c.id})
}

func (c *webCall) logOut() {
	c.server.mu.Lock()
	delete(c.server.logins, c.id)
	c.server.mu.Unlock()
	c.w.Header().Set("Set-Cookie", loginCookie+`=""; expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=0; Path=/`)
	if c.server.release.web.logoutIs200 {
		c.w.WriteHeader(http.StatusOK)
	} else {
		c.w.WriteHeader(http.StatusCreated)
	}
}

func (c *webCall) extend() {
	if c.login == nil {
		c.refuse(unauthorized())
		return
	}
	c.server.mu.Lock()
	c.login.ends = time.Now().Add(c.server.options.LoginAge)
	ends := c.server.now().Add(c.server.options.LoginAge)
	c.server.mu.Unlock()
	c.showCookie(c.id)
	writeJSON(c.w, http.StatusOK, map[string]any{"status": http.StatusCreated, "expires": ends.Format("2006-01-02T15:04:05.000000-07:00")})
}
