package backendaitest

import (
	"strings"
	"time"
)

// A webLogin is what the web server keeps of somebody who signed in.
type webLogin struct {
	pair     *keyPair
	ends     time.Time
	tunneled bool // there was a tunnel in it
}

const (
	loginCookie = "AIOHTTP_SESSION"
	loginHeader = "X-BackendAI-SessionID"
)

// shownLogin is the id that a request shows. The header counts before the cookie,
// where the release knows it.
func (c *webCall) shownLogin() string {
	if id := c.r.Header.Get(loginHeader); id != "" && c.server.release.web.loginHeader {
		return id
	}
	if cookie, err := c.r.Cookie(loginCookie); err == nil {
		return cookie.Value
	}
	return ""
}

// findLogin knows logins until they end, used or not.
func (s *Server) findLogin(id string) *webLogin {
	s.mu.Lock()
	defer s.mu.Unlock()
	l := s.logins[id]
	if l == nil || time.Now().After(l.ends) {
		return nil
	}
	return l
}

// addLogin makes a login, and returns its id.
func (s *Server) addLogin(pair *keyPair) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	id := strings.ReplaceAll(newUUID4(), "-", "")
	s.logins[id] = &webLogin{pair: pair, ends: time.Now().Add(s.options.LoginAge)}
	return id
}

// Logins is how many logins last.
func (s *Server) Logins() (n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, l := range s.logins {
		if time.Now().Before(l.ends) {
			n++
		}
	}
	return n
}

// EndLogins ends all logins, as the loss of the store does, or somebody who signed
// in elsewhere and ended them. Tunnels and streams live on.
func (s *Server) EndLogins() {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.logins)
}

// LoginsLast has logins last so long that are made or extended from now on.
func (s *Server) LoginsLast(age time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.options.LoginAge = age
}

func (s *Server) loginAge() time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.options.LoginAge
}

// ExtendsLogins reports whether the release can have a login last anew.
func (s *Server) ExtendsLogins() bool { return s.release.web.extends }

// LogIn makes a login for the first user, as a browser would, and returns its id.
func (s *Server) LogIn() string { return s.addLogin(s.first) }

// showCookie tells the client of a login, or of what is none.
func (c *webCall) showCookie(id string) {
	age := c.server.loginAge()
	c.w.Header().Add("Set-Cookie", loginCookie+"="+id+"; expires="+time.Now().Add(age).UTC().Format(cookieTime)+
		"; HttpOnly; Max-Age="+itoa(int(age.Seconds()))+"; Path=/")
	if c.server.release.web.loginHeader {
		c.w.Header().Set(loginHeader, id)
	}
}

const cookieTime = "Mon, 02-Jan-2006 15:04:05 GMT"
