package backendaitest

import (
	"fmt"
	"net/http"
	"strings"
)

// A webCall is one request to the web server on its way.
type webCall struct {
	server *Server
	w      http.ResponseWriter
	r      *http.Request
	id     string    // of the login that the request shows
	login  *webLogin // nil if that is none
}

// answerWeb plays the web server: sign-in, and the manager below /func.
func (s *Server) answerWeb(w http.ResponseWriter, r *http.Request) {
	record := s.record(r, true)
	defer s.recordEnd(record)
	w = &answerWriter{ResponseWriter: w, server: s, record: record}
	w.Header().Set("Date", s.now().Format(http.TimeFormat))
	c := &webCall{server: s, w: w, r: r}
	c.id = c.shownLogin()
	c.login = s.findLogin(c.id)
	if !c.decode() {
		return
	}
	path := r.URL.EscapedPath()
	switch {
	case path == "/config.toml":
		fmt.Fprintf(c.w, "[general]\nenableCliLogin = %v\n", s.options.BrowserLogin)
	case path == "/func" || strings.HasPrefix(path, "/func/"):
		c.forward()
	case r.Method == http.MethodGet || r.Method == http.MethodHead: // whatever the page is
		c.page()
	case path == "/server/login":
		c.logIn()
	case path == "/server/login-check":
		c.checkLogin()
	case path == "/server/logout":
		c.logOut()
	case path == "/server/extend-login-session" && s.release.web.extends:
		c.extend()
	default:
		http.Error(w, "405: Method Not Allowed", http.StatusMethodNotAllowed)
	}
}

// page is the web interface, for all addresses alike.
func (c *webCall) page() {
	c.w.Header().Set("Content-Type", "text/html")
	c.w.Write([]byte("<!doctype html><html lang=\"en\"><head><title>Backend.AI</title></head><body></body></html>\n"))
}

// refuse writes one of the web server's own problems, which carry no error_code.
func (c *webCall) refuse(p *problem) {
	body := map[string]any{"type": "https://api.backend.ai/probs/" + p.Slug, "title": p.Title}
	if p.Msg != "" {
		body["msg"] = p.Msg
	}
	writeBody(c.w, p.Status, "application/problem+json; charset=utf-8", body)
}

func unauthorized() *problem {
	return refuse(http.StatusUnauthorized, "auth-failed", "Unauthorized access")
}

func badGateway() *problem {
	return refuse(http.StatusBadGateway, "bad-gateway", "The proxy target server is inaccessible.")
}
