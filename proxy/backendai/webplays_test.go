package backendai_test

import (
	"net/http"
	"testing"

	"baissh/proxy/backendai/backendaitest"
)

// A webPlay is what web servers do that cannot be tried at the real one, which wants no
// one-time codes.
type webPlay struct {
	name  string
	is    func(t *testing.T, options backendaitest.Options)
	holds string // the columns of the simulator's table that fail in its name
}

// played is a web server whose first user is changed.
func played(t *testing.T, options backendaitest.Options, change func(*backendaitest.User)) webServer {
	t.Helper()
	server := start(t, options)
	w := webServer{release: options.Release, url: server.WebURL(), begin: func(t *testing.T) (string, func()) {
		session := create(t, server, backendaitest.SessionSpec{})
		return session.ID(), session.End
	}}
	w.user, w.password = server.Password()
	w.dave = [2]string{"dave@example.com", "dave's"}
	server.AddUser(backendaitest.User{Email: w.dave[0], Password: w.dave[1], RateLimit: davesLimit, MaxLogins: 1})
	server.ChangeUser(w.user, change)
	return w
}

// tryCode signs in with a one-time code.
func (w webServer) tryCode(t *testing.T, code string) webAnswer {
	t.Helper()
	return w.ask(t, http.MethodPost, "/server/login", map[string]string{"username": w.user, "password": w.password, "otp": code}, "")
}

var webPlays = []webPlay{
	{name: "a code is wanted by a text, of late by a type", holds: "web.code", is: func(t *testing.T, options backendaitest.Options) {
		w := played(t, options, func(u *backendaitest.User) { u.Code = "123456" })
		words := since[string]{"22.03": `rejected-by-hook.*OTP not provided|OTP not provided.*rejected-by-hook`, "25.15": "require-totp-authentication"}.in(w.release)
		w.tryCode(t, "").want(t, since[int]{"22.03": 200}.in(w.release), "application/json", words)
	}},
	{name: "a code lets in, but of old, when it is wanted all the same", holds: "web.takesCode", is: func(t *testing.T, options backendaitest.Options) {
		w := played(t, options, func(u *backendaitest.User) { u.Code = "123456" })
		words := since[string]{"22.03": `"authenticated": *false.*OTP not provided`, "22.09": `"authenticated": *true`}.in(w.release)
		w.tryCode(t, "123456").want(t, 200, "application/json", words)
	}},
	{name: "ten wrong codes block a name, but not of late", holds: "web.countsPassword", is: func(t *testing.T, options backendaitest.Options) {
		w := played(t, options, func(u *backendaitest.User) { u.Code = "123456" })
		for range 10 {
			w.tryCode(t, "000000").want(t, since[int]{"22.03": 200, "26.4": 400}.in(w.release), "application/json", "rejected-by-hook")
		}
		w.tryCode(t, "123456").want(t, since[int]{"22.03": 429, "26.4": 200}.in(w.release), "application/", "")
	}},
}
