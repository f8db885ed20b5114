package main

import (
	"cmp"
	"context"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"baissh/proxy/backendai"
	"baissh/proxy/backendai/backendaitest"
	"baissh/proxy/settings"
	"baissh/proxy/state"
)

// newWebWorld is a world whose profile is a login at the web server.
func newWebWorld(t *testing.T, options backendaitest.Options, sessions ...backendaitest.SessionSpec) *world {
	t.Helper()
	w := newQuietWorld(t, options, sessions...)
	w.signInWeb()
	w.start()
	return w
}

func (w *world) signInWeb() {
	w.Helper()
	w.signInWebAt(w.manager.WebURL())
}

// signInWebAt takes another way to the web server.
func (w *world) signInWebAt(endpoint string) {
	w.Helper()
	user, password := w.manager.Password()
	w.baissh(password, "login", endpoint, "--user", user, "--password-stdin", "--ca-file", w.manager.CAFile())
}

// profile waits for the world's profile to be as it should be.
func (w *world) profile(what string, good func(state.Profile) bool) state.Profile {
	w.Helper()
	return w.until(what, func(s *state.Snapshot) bool { return len(s.Profiles) == 1 && good(s.Profiles[0]) }).Profiles[0]
}

// To ssh there is no difference.
func TestAWebServerIsAsGoodAsAManager(t *testing.T) {
	need(t, "ssh")
	w := newWebWorld(t, backendaitest.Options{TLS: true}, demoSpec)
	before := w.ready("bai-demo")
	w.good(w.ssh("bai-demo", "true"))
	w.eventually("the event stream is open", func() bool { return w.manager.EventStreams() == 1 })
	w.create(backendaitest.SessionSpec{Name: "other"})
	w.ready("bai-other")
	// A shell whose session ends is ended by us: the web server says nothing.
	shell := w.openShell("bai-demo")
	w.manager.Sessions()[0].End()
	if shell.out.Scan() {
		t.Errorf("the shell of an ended session says %q", shell.out.Text())
	}
	w.gone("bai-demo")
	w.create(demoSpec)
	now := w.host("bai-demo", func(h state.Host) bool { return h.State == state.Ready && h.SessionID != before.SessionID })
	w.good(w.ssh("bai-demo", "true"))
	if now.Port != before.Port {
		t.Errorf("port %d, before %d", now.Port, before.Port)
	}
}

// After the end of a login nothing goes, ssh is told the way out, and signing in
// revives all of it.
func TestALoginThatEnded(t *testing.T) {
	need(t, "ssh")
	w := newWebWorld(t, backendaitest.Options{}, demoSpec)
	before := w.ready("bai-demo")
	if p := w.profile("connected", func(p state.Profile) bool { return p.State == "connected" }); time.Until(p.LoginEnds).Round(time.Hour) != 7*24*time.Hour {
		t.Errorf("the login ends at %s", p.LoginEnds)
	}
	if out := w.baissh("", "status"); !strings.Contains(out, "profile default: signed in until ") {
		t.Errorf("status says %q", out)
	}
	shell := w.openShell("bai-demo")
	w.manager.EndLogins()
	w.baissh("", "reload")
	w.profile("signed out", func(p state.Profile) bool {
		return p.State == "signed-out" && p.Reason == `the login of profile "default" has ended`
	})
	r := w.ssh("bai-demo", "true")
	if !strings.Contains(r.complaint, `the login of profile "default" has ended; sign in again: baissh login`) {
		t.Errorf("ssh says %q", r.complaint)
	}
	shell.say("still there")
	shell.hear("still there")
	w.signInWeb()
	now := w.ready("bai-demo")
	if now.Port != before.Port {
		t.Errorf("port %d, before %d", now.Port, before.Port)
	}
	w.good(w.ssh("bai-demo", "true"))
	shell.say("still there")
	shell.hear("still there")
}

// A login lasts for as long as somebody uses it, where the release can do that, and
// not longer. A shell goes on in any case.
func TestALoginIsExtendedWhileItIsUsed(t *testing.T) {
	need(t, "ssh")
	const age = 5 * time.Second
	w := newWebWorld(t, backendaitest.Options{Release: releaseOr("26.9"), LoginAge: age}, demoSpec)
	w.ready("bai-demo")
	shell := w.openShell("bai-demo")
	first := w.profile("an end", func(p state.Profile) bool { return !p.LoginEnds.IsZero() }).LoginEnds
	if w.manager.ExtendsLogins() {
		w.profile("a later end", func(p state.Profile) bool { return p.LoginEnds.Sub(first) > age })
	} else {
		w.profile("signed out", func(p state.Profile) bool { return p.State == "signed-out" && !p.LoginEnds.After(first) })
	}
	shell.say("still there")
	shell.hear("still there")
	shell.in.Close()
	w.host("bai-demo", func(h state.Host) bool { return h.Connections == 0 })
	w.eventually("the login ends", func() bool { return w.manager.Logins() == 0 })
}

// releaseOr is the release that the whole suite is played on, or another one, where a test
// has the most to say of that.
func releaseOr(other string) string { return cmp.Or(os.Getenv(backendaitest.ReleaseVariable), other) }

// Signing out ends our tunnels and streams first: an open one outlives the login, or its
// end revives it.
func TestSigningOutIsForGood(t *testing.T) {
	need(t, "ssh")
	w := newQuietWorld(t, backendaitest.Options{}, demoSpec)
	endpoint := w.lastOut()
	w.signInWebAt(endpoint)
	w.start()
	before := w.ready("bai-demo")
	w.eventually("the event stream is open", func() bool { return w.manager.EventStreams() == 1 })
	w.openShell("bai-demo")
	w.baissh("", "logout")
	if n := w.manager.Logins(); n != 0 {
		t.Errorf("%d logins go on", n)
	}
	r := w.program(nil, "ssh", "-F", w.config(), "-o", "BatchMode=yes", "bai-demo", "true")
	if !strings.Contains(r.complaint, `nobody is signed in as profile "default"; sign in again: baissh login`) {
		t.Errorf("ssh says %q", r.complaint)
	}
	w.signInWebAt(endpoint)
	if now := w.ready("bai-demo"); now.Port != before.Port {
		t.Errorf("port %d, before %d", now.Port, before.Port)
	}
}

// lastOut stands before the web server, and sees to it that who signs out has nothing open
// any more. It waits for that, since the last moments of tunnels and streams at the server
// may come after ours.
func (w *world) lastOut() (endpoint string) {
	w.Helper()
	web, err := url.Parse(w.manager.WebURL())
	w.noError(err)
	forward := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(web) }}
	server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), patience/3)
		defer cancel()
		if r.URL.Path == "/server/logout" && w.manager.Wait(ctx, w.nothingOpen) != nil {
			w.Errorf("signed out with %d tunnels and %d streams", w.manager.WebTunnels(), w.manager.EventStreams())
		}
		forward.ServeHTTP(rw, r)
	}))
	w.Cleanup(server.Close)
	return server.URL
}

func (w *world) nothingOpen() bool { return w.manager.WebTunnels()+w.manager.EventStreams() == 0 }

// Signing in again ends our former login, which would go on for days: at once, or when
// nothing is open with it any more, since the end of a tunnel revives a login.
func TestSigningInAgainEndsTheFormerLogin(t *testing.T) {
	need(t, "ssh")
	w := newWebWorld(t, backendaitest.Options{Release: "26.9"}, demoSpec)
	w.ready("bai-demo")
	w.signInWeb()
	w.eventually("the first login has ended", func() bool { return w.manager.Logins() == 1 })
	shell := w.openShell("bai-demo") // the first tunnel of the second login
	w.signInWeb()
	lasts(2 * time.Second)
	if n := w.manager.Logins(); n != 2 {
		t.Errorf("%d logins while a shell is open with the second", n)
	}
	w.good(w.ssh("bai-demo", "true"))
	shell.say("still there")
	shell.hear("still there")
	shell.leave()
	w.eventually("the second login has ended", func() bool { return w.manager.WebTunnels() == 0 && w.manager.Logins() == 1 })
	w.good(w.ssh("bai-demo", "true"))
}

// So it does when the engine is to end while something is open.
func TestAFormerLoginEndsWithTheEngine(t *testing.T) {
	need(t, "ssh")
	w := newWebWorld(t, backendaitest.Options{Release: "26.9"}, demoSpec)
	w.ready("bai-demo")
	w.openShell("bai-demo")
	w.manager.LoginsLast(time.Hour)
	w.signInWeb()
	w.profile("the new login", func(p state.Profile) bool { return !p.LoginEnds.IsZero() && time.Until(p.LoginEnds) <= time.Hour })
	w.stop()
	if n := w.manager.Logins(); n != 1 {
		t.Errorf("%d logins go on", n)
	}
}

// A login that goes on is not taken for a former one when all is tried anew.
func TestALoginOutlivesTrouble(t *testing.T) {
	w := newWebWorld(t, backendaitest.Options{Release: "26.9"}, demoSpec)
	w.ready("bai-demo")
	w.manager.Down()
	w.baissh("", "reload")
	w.profile("unreachable", func(p state.Profile) bool { return p.State == "unreachable" })
	w.baissh("", "reload") // which begins what is in trouble anew
	if err := w.manager.Up(); err != nil {
		t.Fatal(err)
	}
	w.ready("bai-demo")
	lasts(2 * time.Second)
	if n := w.manager.Logins(); n != 1 {
		t.Errorf("%d logins, want ours", n)
	}
}

// A login that was made elsewhere goes on there.
func TestSigningInAgainLeavesOtherLogins(t *testing.T) {
	w := newQuietWorld(t, backendaitest.Options{Release: "26.9"}, demoSpec)
	id := w.manager.LogIn()
	w.baissh(id, "login", w.manager.WebURL(), "--session-id-stdin")
	w.start()
	w.ready("bai-demo")
	w.manager.LoginsLast(time.Hour)
	w.signInWeb()
	w.profile("ours", func(p state.Profile) bool { return !p.LoginEnds.IsZero() && time.Until(p.LoginEnds) <= time.Hour })
	w.signInWeb() // which ends the second, and would have ended the first before
	w.eventually("the second login has ended", func() bool { return w.manager.Logins() < 3 })
	browser, err := backendai.New(backendai.Config{Endpoint: w.manager.WebURL(), Login: &backendai.WebLogin{SessionID: id}})
	if err != nil {
		t.Fatal(err)
	}
	defer browser.Close()
	if _, err := browser.CheckLogin(t.Context()); err != nil {
		t.Errorf("the browser's login: %v", err)
	}
}

// The end of a login that was made elsewhere is asked for, where that can be told.
func TestTheEndOfABrowsersLogin(t *testing.T) {
	for release, known := range map[string]bool{"23.09.11": false, "24.03": false, "24.09": true, "26.9": true} {
		t.Run(release, func(t *testing.T) {
			w := newQuietWorld(t, backendaitest.Options{Release: release, LoginAge: 23 * time.Hour})
			said := w.baissh(w.manager.LogIn(), "login", w.manager.WebURL(), "--session-id-stdin")
			w.start()
			p := w.profile("connected", func(p state.Profile) bool { return p.State == "connected" })
			if is := time.Until(p.LoginEnds).Round(time.Minute) == 23*time.Hour; is != known || !known && !p.LoginEnds.IsZero() {
				t.Errorf("the login ends at %s", p.LoginEnds)
			}
			for what, words := range map[string]string{"login": said, "status": w.baissh("", "status")} {
				if strings.Contains(words, "; the server does not say until when\n") == known {
					t.Errorf("%s says %q", what, words)
				}
			}
			w.until("a notice of the end, if it is known", func(s *state.Snapshot) bool { return len(s.Notices) == 1 == known })
		})
	}
}

// A login of ours that is damaged is not taken for a browser's.
func TestSigningOutOfADamagedLogin(t *testing.T) {
	w := newQuietWorld(t, backendaitest.Options{})
	w.signInWeb()
	known, err := settings.Load(w.home)
	if err != nil {
		t.Fatal(err)
	}
	p := known.Profiles["default"]
	if err := settings.SecretsOf(p.Secret, w.home).Set(t.Context(), p, "{"); err != nil {
		t.Fatal(err)
	}
	if said := w.baissh("", "logout"); said != "profile default is signed out here; "+damagedLoginWords+"\n" {
		t.Errorf("it says %q", said)
	}
}

// The end is announced in these words. When it is, proxy/login_test.go tries.
func TestTheEndOfALoginIsAnnounced(t *testing.T) {
	w := newWebWorld(t, backendaitest.Options{LoginAge: 23 * time.Hour}, demoSpec)
	w.until("a notice", func(s *state.Snapshot) bool {
		return len(s.Notices) == 1 && strings.HasPrefix(s.Notices[0], `the login of profile "default" ends on `) &&
			strings.HasSuffix(s.Notices[0], "; sign in again before: baissh login")
	})
}
