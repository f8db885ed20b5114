package backendai_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"baissh/proxy/backendai"
	"baissh/proxy/backendai/backendaitest"
)

// enter tries to sign in as the first user, with what change makes of it.
func enter(t *testing.T, server *backendaitest.Server, change func(*backendai.Password)) (backendai.WebLogin, error) {
	t.Helper()
	var p backendai.Password
	p.User, p.Password = server.Password()
	change(&p)
	return webClient(t, server, backendai.WebLogin{}).LogIn(t.Context(), p)
}

func TestSigningIn(t *testing.T) {
	for _, release := range backendaitest.Releases() {
		t.Run(release, func(t *testing.T) {
			server := start(t, backendaitest.Options{Release: release, LoginAge: time.Hour})
			login, err := enter(t, server, func(*backendai.Password) {})
			access, _ := server.KeyPair()
			if err != nil || login.AccessKey != access || time.Until(login.Expires).Round(time.Minute) != time.Hour {
				t.Fatalf("%+v until %v, %v", login, login.Expires, err)
			}
			c := webClient(t, server, login)
			if got, err := c.CheckLogin(t.Context()); got != access || err != nil {
				t.Errorf("whose login: %q, %v", got, err)
			}
			if err := c.CheckAccess(t.Context()); err != nil {
				t.Error(err)
			}
			server.EndLogins()
			for what, err := range map[string]error{"call": c.CheckAccess(t.Context()), "check": checkLogin(t, c)} {
				if !errors.Is(err, backendai.ErrLoginEnded) || backendai.KindOf(err) != backendai.SignIn {
					t.Errorf("%s after the end: %v", what, err)
				}
			}
			if _, err := c.Dial(t.Context(), create(t, server, backendaitest.SessionSpec{}).ID()); !errors.Is(err, backendai.ErrLoginEnded) {
				t.Errorf("a tunnel after the end: %v", err)
			}
		})
	}
}

func checkLogin(t *testing.T, c *backendai.Client) error {
	_, err := c.CheckLogin(t.Context())
	return err
}

// What is wrong with a sign-in is known at every release, whatever the status and
// the cookie that come with it.
func TestRefusedSignIns(t *testing.T) {
	for _, release := range backendaitest.Releases() {
		t.Run(release, func(t *testing.T) {
			server := start(t, backendaitest.Options{Release: release})
			user, _ := server.Password()
			server.ChangeUser(user, func(u *backendaitest.User) { u.Code = "123456" })
			wrong, right, logins := backendai.ErrCode, error(nil), 1
			if release == "22.03" { // whose web server passes no code on
				wrong, right, logins = backendai.ErrCodeIgnored, backendai.ErrCodeIgnored, 0
			}
			for _, tt := range []struct {
				what   string
				change func(*backendai.Password)
				want   error
			}{
				{"wrong password", func(p *backendai.Password) { p.Password = "wrong" }, backendai.ErrPassword},
				{"nobody", func(p *backendai.Password) { p.User = "nobody@example.com" }, backendai.ErrPassword},
				{"no code", func(*backendai.Password) {}, backendai.ErrCodeWanted},
				{"wrong code", func(p *backendai.Password) { p.Code = "000000" }, wrong},
				{"right code", func(p *backendai.Password) { p.Code = "123456" }, right},
			} {
				if _, err := enter(t, server, tt.change); !errors.Is(err, tt.want) {
					t.Errorf("%s: %v, want %v", tt.what, err, tt.want)
				}
			}
			if n := server.Logins(); n != logins {
				t.Errorf("%d logins, want %d", n, logins)
			}
		})
	}
}

func TestTooManyLogins(t *testing.T) {
	server := start(t, backendaitest.Options{Release: "26.9"})
	user, _ := server.Password()
	server.ChangeUser(user, func(u *backendaitest.User) { u.MaxLogins = 1 })
	first := signIn(t, server)
	if _, err := enter(t, server, func(*backendai.Password) {}); !errors.Is(err, backendai.ErrManyLogins) {
		t.Errorf("the second login: %v", err)
	}
	if err := first.CheckAccess(t.Context()); err != nil {
		t.Errorf("the first login, unasked: %v", err)
	}
	if _, err := enter(t, server, func(p *backendai.Password) { p.Force = true }); err != nil {
		t.Error(err)
	}
	if err := first.CheckAccess(t.Context()); !errors.Is(err, backendai.ErrLoginEnded) {
		t.Errorf("the first login: %v", err)
	}
}

func TestABlockedUserIsToldHowLong(t *testing.T) {
	server := start(t, backendaitest.Options{})
	for range 10 {
		enter(t, server, func(p *backendai.Password) { p.Password = "wrong" })
	}
	_, err := enter(t, server, func(*backendai.Password) {})
	var e *backendai.Error
	if !errors.As(err, &e) || !errors.Is(err, backendai.ErrLoginBlocked) || e.Kind != backendai.Limited || e.RetryAfter != 20*time.Minute {
		t.Errorf("the right password after ten wrong ones: %+v", err)
	}
}

// What is no web server, or has no manager, is not taken for a refusal.
func TestSigningInAtSomethingElse(t *testing.T) {
	server := start(t, backendaitest.Options{})
	c, err := backendai.New(backendai.Config{Endpoint: server.URL(), Login: &backendai.WebLogin{}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.LogIn(t.Context(), backendai.Password{User: "u", Password: "p"}); err == nil || backendai.KindOf(err) == backendai.SignIn {
		t.Errorf("at a manager: %v", err)
	}
	server.Down()
	if _, err := enter(t, server, func(*backendai.Password) {}); backendai.KindOf(err) != backendai.Retry {
		t.Errorf("without a manager: %v", err)
	}
}

func TestWhatAnswersIsFound(t *testing.T) {
	server := start(t, backendaitest.Options{})
	for endpoint, want := range map[string]bool{server.URL(): false, server.WebURL(): true} {
		web, hello, err := backendai.Find(t.Context(), endpoint, backendai.Trust{})
		if web != want || hello.Release != "23.09.11" || err != nil {
			t.Errorf("%s: %v, %+v, %v", endpoint, web, hello, err)
		}
	}
	if _, _, err := backendai.Find(t.Context(), server.URL()+"/elsewhere", backendai.Trust{}); err == nil {
		t.Error("something was found where nothing is")
	}
	server.WebDown()
	if _, _, err := backendai.Find(t.Context(), server.WebURL(), backendai.Trust{}); backendai.KindOf(err) != backendai.Retry {
		t.Errorf("nobody listens: %v", err)
	}
}

func TestALoginIsExtendedWhereThatIsPossible(t *testing.T) {
	for _, release := range backendaitest.Releases() {
		t.Run(release, func(t *testing.T) {
			server := start(t, backendaitest.Options{Release: release, LoginAge: time.Hour, ClockSkew: 10 * time.Minute})
			c := signIn(t, server)
			if _, err := c.Hello(t.Context()); err != nil {
				t.Fatal(err)
			}
			ends, err := c.Extend(t.Context())
			if c.CanExtend() != (err == nil) {
				t.Errorf("it says %v, and then %v", c.CanExtend(), err)
			}
			if err == nil && time.Until(ends).Round(time.Minute) != time.Hour {
				t.Errorf("until %v by our clock", ends)
			}
		})
	}
}

// Before a logout all tunnels must have ended, and those that never stood are none.
func TestTheEndOfAllTunnelsIsAwaited(t *testing.T) {
	server := start(t, backendaitest.Options{Release: "26.9"})
	c := signIn(t, server)
	if _, err := c.Dial(t.Context(), "00000000-0000-4000-8000-000000000000"); err == nil {
		t.Error("a tunnel to no session")
	}
	conn, err := c.Dial(t.Context(), create(t, server, backendaitest.SessionSpec{}).ID())
	if err != nil {
		t.Fatal(err)
	}
	gaveUp, giveUp := context.WithCancel(t.Context())
	giveUp()
	if err := c.AwaitNoTunnels(gaveUp); err == nil {
		t.Error("one is open")
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	ended := make(chan error, 1)
	go func() { ended <- c.AwaitNoTunnels(ctx) }()
	conn.Close()
	conn.Close()
	for range 2 { // whoever waits, and whoever comes later
		if err := <-ended; err != nil {
			t.Error(err)
		}
		ended <- c.AwaitNoTunnels(ctx)
	}
}

// The web server says nothing of an end on the manager's side, and answers pings.
func TestATunnelThatNobodyEnds(t *testing.T) {
	eachWebServer(t, func(t *testing.T, server *backendaitest.Server, c *backendai.Client) {
		session := create(t, server, backendaitest.SessionSpec{})
		conn, err := c.Dial(t.Context(), session.ID())
		if err != nil {
			t.Fatal(err)
		}
		greeting := make([]byte, 8)
		if _, err := conn.Read(greeting); err != nil || string(greeting) != "SSH-2.0-" {
			t.Errorf("%q, %v", greeting, err)
		}
		go conn.WriteTo(discard{}) // ends with Close
		session.End()
		server.Down()
		if n := server.Tunnels(); n != 0 {
			t.Errorf("%d tunnels at the manager", n)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		if err := conn.Ping(ctx); err != nil {
			t.Errorf("a ping: %v", err)
		}
		if _, err := conn.Write([]byte("is anybody there?")); err != nil {
			t.Errorf("a message: %v", err)
		}
		conn.Close()
		if err := server.Wait(ctx, func() bool { return server.WebTunnels() == 0 }); err != nil {
			t.Error("the web server still has the tunnel")
		}
	})
}

type discard struct{}

func (discard) Write(p []byte) (int, error) { return len(p), nil }

// A tunnel outlives its login, and the end of the first one revives it.
func TestSigningOut(t *testing.T) {
	for _, release := range webReleases {
		t.Run(release, func(t *testing.T) {
			server := start(t, backendaitest.Options{Release: release})
			c := signIn(t, server)
			other := signIn(t, server)
			conn, err := c.Dial(t.Context(), create(t, server, backendaitest.SessionSpec{}).ID())
			if err != nil {
				t.Fatal(err)
			}
			if err := c.LogOut(t.Context()); err != nil {
				t.Fatal(err)
			}
			conn.Close()
			if err := server.Wait(t.Context(), func() bool { return server.WebTunnels() == 0 }); err != nil {
				t.Fatal(err)
			}
			if err := checkLogin(t, c); err != nil {
				t.Errorf("the simulator does not revive it: %v", err)
			}
			if err := c.LogOut(t.Context()); err != nil {
				t.Error(err)
			}
			if err := checkLogin(t, c); !errors.Is(err, backendai.ErrLoginEnded) {
				t.Errorf("afterwards: %v", err)
			}
			if err := other.CheckAccess(t.Context()); err != nil {
				t.Errorf("another login of the user's: %v", err)
			}
		})
	}
}

func TestALoginIsNeverPrinted(t *testing.T) {
	login := backendai.WebLogin{AccessKey: "AKIA", SessionID: "0123456789abcdef"}
	for _, format := range []string{"%v", "%+v", "%#v", "%s"} {
		if text := fmt.Sprintf(format, login); strings.Contains(text, "0123") {
			t.Errorf("%s: %s", format, text)
		}
	}
}
