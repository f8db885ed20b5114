package backendai_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"baissh/proxy/backendai"
	"baissh/proxy/backendai/backendaitest"
	"baissh/proxy/state"
)

// A webServer is one whose conduct is looked at: the simulator's, or a real one.
type webServer struct {
	release, url, user, password string
	begin                        func(t *testing.T) (id string, end func()) // a session of the user's

	dave [2]string // name and password of who may ask seldom, and sign in once where that is limited
}

// davesLimit is how often he may ask in 15 minutes.
const davesLimit = 30

func (w webServer) asDave() webServer {
	w.user, w.password = w.dave[0], w.dave[1]
	return w
}

// A webBehaviour is something of a web server that the client relies on.
type webBehaviour struct {
	name  string
	is    func(t *testing.T, w webServer)
	holds string // the columns of the simulator's table that fail in its name
}

// webConduct is how web servers behave. Each line is tried at that of 23.09.10, too.
var webConduct = []webBehaviour{
	{name: "the root and a GET below /server are the page", is: func(t *testing.T, w webServer) {
		for _, path := range []string{"/", "/server/login-check"} {
			w.ask(t, http.MethodGet, path, nil, "").want(t, 200, "text/html", "<title>")
		}
	}},
	{name: "anybody is told the release", is: func(t *testing.T, w webServer) {
		w.ask(t, http.MethodGet, "/func/", nil, "").want(t, 200, "application/json", `"manager": *"`+regexp.QuoteMeta(w.release))
	}},
	{name: "nobody is signed in without a login", holds: "web.logoutIs200", is: func(t *testing.T, w webServer) {
		for _, id := range []string{"", "0123456789abcdef0123456789abcdef"} {
			w.ask(t, http.MethodPost, "/server/login-check", nil, id).want(t, 200, "application/json", `"authenticated": *false`)
			w.ask(t, http.MethodGet, "/func/auth/ssh-keypair", nil, id).want(t, 401, "application/problem+json", "auth-failed")
			w.ask(t, http.MethodPost, "/server/logout", nil, id).want(t, w.loggedOut(), "", "")
		}
	}},
	{name: "a refused sign-in is 200, of late 401, with a cookie", holds: "web.refusalStatus web.loginHeader", is: func(t *testing.T, w webServer) {
		a := w.ask(t, http.MethodPost, "/server/login", map[string]string{"username": "nobody@example.com", "password": "wrong"}, "")
		a.want(t, since[int]{"22.03": 200, "26.4": 401}.in(w.release), "application/json", `"authenticated": *false.*auth-failed`)
		header := a.login()
		if w.release == "22.03" {
			header = ""
		}
		if a.login() == "" || a.header.Get("X-BackendAI-SessionID") != header {
			t.Errorf("cookie %q, header %q", a.login(), a.header.Get("X-BackendAI-SessionID"))
		}
	}},
	{name: "an empty field is 400", is: func(t *testing.T, w webServer) {
		for _, body := range []map[string]string{{"username": "", "password": "x"}, {"username": "x", "password": ""}} {
			w.ask(t, http.MethodPost, "/server/login", body, "").want(t, 400, "application/problem+json", "invalid-api-params")
		}
	}},
	{name: "signed in, one is not to sign in", is: func(t *testing.T, w webServer) {
		id := w.signIn(t)
		body := map[string]string{"username": w.user, "password": w.password}
		w.ask(t, http.MethodPost, "/server/login", body, id).want(t, 400, "application/problem+json", "generic-bad-request")
	}},
	{name: "the header counts before the cookie, but of old", holds: "web.loginHeader", is: func(t *testing.T, w webServer) {
		const bad = "0123456789abcdef0123456789abcdef"
		good := w.signIn(t)
		byHeader, byCookie := 200, 401
		if w.release == "22.03" {
			byHeader, byCookie = byCookie, byHeader
		}
		w.askBoth(t, http.MethodGet, "/func/auth/ssh-keypair", good, bad).want(t, byHeader, "", "")
		w.askBoth(t, http.MethodGet, "/func/auth/ssh-keypair", bad, good).want(t, byCookie, "", "")
	}},
	{name: "a login is not extended, but of late", holds: "web.extends", is: func(t *testing.T, w webServer) {
		a := w.ask(t, http.MethodPost, "/server/extend-login-session", nil, w.signIn(t))
		if (since[bool]{"24.09": true}).in(w.release) {
			a.want(t, 200, "application/json", `"expires"`)
		} else {
			a.want(t, 405, "text/plain", "405")
		}
	}},
	{name: "the number of logins is not limited, but of late", holds: "web.limitsLogins", is: func(t *testing.T, w webServer) {
		w = w.asDave()
		w.signIn(t)
		if !(since[bool]{"26.4": true}).in(w.release) {
			w.signIn(t)
			return
		}
		body := map[string]string{"username": w.user, "password": w.password}
		w.ask(t, http.MethodPost, "/server/login", body, "").want(t, 409, "application/json", `"authenticated": *false.*active-login-session-exists`)
	}},
	{name: "beyond the limit of requests a tunnel is 502, of late 429", holds: "web.limitsTunnels", is: func(t *testing.T, w webServer) {
		id := w.asDave().signIn(t)
		ask := func() webAnswer { return w.ask(t, http.MethodGet, "/func/auth/ssh-keypair", nil, id) }
		for asked := 0; asked < davesLimit && ask().status == 200; asked++ { // somebody may have asked before
		}
		ask().want(t, 429, "application/problem+json", "rate-limit-exceeded")
		a := w.ask(t, upgrade, "/func"+sshdOf(nobodys), nil, id)
		a.want(t, since[int]{"22.03": 502, "26.9": 429}.in(w.release), "application/problem+json", "")
		if limited := a.header.Get("X-RateLimit-Reset") != ""; limited != (w.release == "26.9") {
			t.Errorf("it says when the limit ends: %t", limited)
		}
	}},
	{name: "a manager's path needs /func", is: func(t *testing.T, w webServer) {
		w.ask(t, http.MethodPost, "/admin/gql", map[string]string{}, w.signIn(t)).want(t, 405, "text/plain", "405")
	}},
	{name: "a session that is none is 404 or 403, and 502 to a tunnel", is: func(t *testing.T, w webServer) {
		const none = "/func/stream/session/1f7a6d2e-3b0c-4b4e-9d51-0a5f2c9e8b77"
		id := w.signIn(t)
		refusal := since[answer]{"22.03": noSession, "26.9": forbidden}.in(w.release)
		w.ask(t, http.MethodGet, none+"/apps", nil, id).want(t, refusal.status, "application/problem+json", refusal.slug)
		w.ask(t, upgrade, none+"/tcpproxy?app=sshd", nil, id).want(t, 502, "application/problem+json", "bad-gateway")
		w.ask(t, upgrade, none+"/tcpproxy?app=sshd", nil, "").want(t, 401, "application/problem+json", "auth-failed")
	}},
	{name: "the list, a look-up and the key", is: func(t *testing.T, w webServer) {
		session, end := w.begin(t)
		defer end()
		c := w.client(t, w.signIn(t))
		if sessions, err := c.Sessions(t.Context()); err != nil || !lists(sessions, session) {
			t.Errorf("%v, %v", sessions, err)
		}
		if status, err := c.Lookup(t.Context(), session); status != "RUNNING" || err != nil {
			t.Errorf("%q, %v", status, err)
		}
		if key, err := c.DownloadKey(t.Context(), session); err != nil || !bytes.HasPrefix(key, []byte("-----BEGIN")) {
			t.Errorf("%.20q, %v", key, err)
		}
	}},
	{name: "events", is: func(t *testing.T, w webServer) {
		session, end := w.begin(t)
		ctx, cancel := context.WithTimeout(t.Context(), 40*time.Second)
		defer cancel()
		heard := false
		err := w.client(t, w.signIn(t)).Events(ctx, end, func(ev backendai.Event) {
			heard = heard || ev.SessionID == session
			if heard {
				cancel()
			}
		})
		if !heard {
			t.Error(err)
		}
	}},
	{name: "the end of a tunnel is kept from us", is: func(t *testing.T, w webServer) {
		session, end := w.begin(t)
		conn := w.tunnel(t, w.client(t, w.signIn(t)), session)
		defer conn.Close()
		go conn.WriteTo(discard{}) // ends with Close
		end()
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		for range 3 {
			if err := conn.Ping(ctx); err != nil {
				t.Error(err)
			}
		}
	}},
	{name: "a tunnel outlives its login, and its end revives that", is: func(t *testing.T, w webServer) {
		session, end := w.begin(t)
		defer end()
		id := w.signIn(t)
		conn := w.tunnel(t, w.client(t, id), session)
		defer conn.Close()
		w.ask(t, http.MethodPost, "/server/logout", nil, id).want(t, w.loggedOut(), "", "")
		w.ask(t, http.MethodGet, "/func/auth/ssh-keypair", nil, id).want(t, 401, "", "")
		go conn.WriteTo(discard{}) // ends with Close
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		if err := conn.Ping(ctx); err != nil {
			t.Error(err)
		}
		conn.Close()
		for w.ask(t, http.MethodGet, "/func/auth/ssh-keypair", nil, id).status != 200 {
			if ctx.Err() != nil {
				t.Fatal("it stays ended")
			}
		}
		if err := w.client(t, id).LogOut(t.Context()); err != nil {
			t.Error(err)
		}
	}},
}

func TestWebConformance(t *testing.T) {
	for _, release := range backendaitest.Releases() {
		t.Run(release, func(t *testing.T) {
			options := backendaitest.Options{Release: release}
			conduct(t, played(t, options, func(*backendaitest.User) {}))
			for _, b := range webPlays {
				t.Run(b.name, func(t *testing.T) { b.is(t, options) })
			}
		})
	}
}

func conduct(t *testing.T, w webServer) {
	for _, b := range webConduct {
		t.Run(b.name, func(t *testing.T) { b.is(t, w) })
	}
}

// upgrade is a method of our own: a GET that wants to be a WebSocket.
const upgrade = "UPGRADE"

// A webAnswer is what came of a request.
type webAnswer struct {
	status int
	header http.Header
	body   string
}

// ask sends a request that shows a login, if there is one, by header and cookie.
func (w webServer) ask(t *testing.T, method, path string, body any, login string) webAnswer {
	t.Helper()
	return w.send(t, w.request(t, method, path, body), login, login)
}

func (w webServer) askBoth(t *testing.T, method, path, header, cookie string) webAnswer {
	t.Helper()
	return w.send(t, w.request(t, method, path, nil), header, cookie)
}

func (w webServer) request(t *testing.T, method, path string, body any) *http.Request {
	t.Helper()
	text, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	if body == nil {
		text = nil
	}
	verb := method
	if method == upgrade {
		verb = http.MethodGet
	}
	req, err := http.NewRequestWithContext(t.Context(), verb, w.url+path, bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if method == upgrade {
		for name, value := range map[string]string{
			"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==",
		} {
			req.Header.Set(name, value)
		}
	}
	return req
}

func (w webServer) send(t *testing.T, req *http.Request, header, cookie string) webAnswer {
	t.Helper()
	if header != "" {
		req.Header.Set("X-BackendAI-SessionID", header)
	}
	if cookie != "" {
		req.AddCookie(&http.Cookie{Name: "AIOHTTP_SESSION", Value: cookie})
	}
	transport := &http.Transport{}
	defer transport.CloseIdleConnections()
	resp, err := transport.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return webAnswer{resp.StatusCode, resp.Header, string(text)}
}

func (a webAnswer) login() string {
	for _, cookie := range (&http.Response{Header: a.header}).Cookies() {
		if cookie.Name == "AIOHTTP_SESSION" {
			return cookie.Value
		}
	}
	return ""
}

func (a webAnswer) want(t *testing.T, status int, media, words string) {
	t.Helper()
	if a.status != status || !strings.HasPrefix(a.header.Get("Content-Type"), media) || !matches(words, a.body) {
		t.Errorf("%d, %s, %.200q; want %d, %s, %q", a.status, a.header.Get("Content-Type"), a.body, status, media, words)
	}
}

func (w webServer) loggedOut() int { return since[int]{"22.03": 201, "24.03": 200}.in(w.release) }

func (w webServer) signIn(t *testing.T) string {
	t.Helper()
	a := w.ask(t, http.MethodPost, "/server/login", map[string]string{"username": w.user, "password": w.password}, "")
	a.want(t, 200, "application/json", `"authenticated": *true`)
	id := a.login()
	t.Cleanup(func() { // the context of the test has ended by now
		w.client(t, id).LogOut(context.Background())
	})
	return id
}

func (w webServer) client(t *testing.T, id string) *backendai.Client {
	t.Helper()
	login := backendai.WebLogin{SessionID: id}
	c, err := backendai.New(backendai.Config{Endpoint: w.url, Login: &login})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	if login.AccessKey, err = c.CheckLogin(context.Background()); err != nil {
		return c
	}
	if c, err = backendai.New(backendai.Config{Endpoint: w.url, Login: &login}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

func (w webServer) tunnel(t *testing.T, c *backendai.Client, session string) *backendai.Conn {
	t.Helper()
	conn, err := c.Dial(t.Context(), session)
	if err != nil {
		t.Fatal(err)
	}
	greeting := make([]byte, 8)
	if _, err := io.ReadFull(struct{ io.Reader }{conn}, greeting); err != nil || string(greeting) != "SSH-2.0-" {
		t.Errorf("%q, %v", greeting, err)
	}
	return conn
}

func lists(sessions []state.Session, id string) bool {
	return slices.ContainsFunc(sessions, func(s state.Session) bool { return s.ID == id && s.Running() })
}

func matches(words, text string) bool { return regexp.MustCompile("(?s)" + words).MatchString(text) }
