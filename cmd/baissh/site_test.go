package main

import (
	"context"
	"strings"
	"sync"
	"testing"

	"baissh/proxy/backendai/backendaitest/site"
	"baissh/proxy/state"
)

// A siteWorld is a world whose manager is played or real, as the build tag has it:
// what stands on it is tried on both.
type siteWorld struct {
	*world
	site  site.Site
	who   site.User
	modes []mode // those that the user has signed in to
}

// A scene is some of what a user sees of sessions.
type scene struct {
	name  string
	plays func(*siteWorld)
}

// An ownScene has an engine of its own, or more than one.
type ownScene struct {
	name  string
	plays func(*testing.T, site.Site)
}

// TestSessionsOnAnyManager is the life of sessions as a user sees it. The engine goes on
// from one scene to the next.
func TestSessionsOnAnyManager(t *testing.T) {
	backend := startSite(t)
	w := newSiteWorld(t, backend, site.Alice, modes...)
	t.Run("meanwhile", func(t *testing.T) {
		for _, scene := range meanwhile {
			t.Run(scene.name, func(t *testing.T) { t.Parallel(); scene.plays(t, backend) })
		}
		t.Run("beside others", func(t *testing.T) { t.Parallel(); w.goesThrough(t, []scene{refusing}) })
	})
	w.goesThrough(t, lives)
}

// TestServersOnAnyManager is what a user sees of servers that stop.
func TestServersOnAnyManager(t *testing.T) {
	backend := startSite(t)
	newSiteWorld(t, backend, site.Alice, modes...).goesThrough(t, outages)
	playAll(t, backend, lastly)
}

// TestUsersOnAnyManager is what users see who come with a session, a key, an ssh server
// or a login of another kind.
func TestUsersOnAnyManager(t *testing.T) {
	backend := startSite(t)
	for _, m := range modes {
		t.Run("a new session answers within a second in "+m.name, func(t *testing.T) { wantAnswer(t, backend, m) })
	}
	newSiteWorld(t, backend, site.Alice, modes...).goesThrough(t, kinds)
	playAll(t, backend, users)
}

func playAll(t *testing.T, backend site.Site, scenes []ownScene) {
	for _, scene := range scenes {
		t.Run(scene.name, func(t *testing.T) { scene.plays(t, backend) })
	}
}

func startSite(t *testing.T) site.Site {
	t.Helper()
	need(t, "ssh", "dropbear", "ssh-keygen")
	backend, err := site.Start()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := backend.Close(); err != nil {
			t.Error(err)
		}
	})
	return backend
}

func (w *siteWorld) goesThrough(t *testing.T, scenes []scene) {
	for _, scene := range scenes {
		t.Run(scene.name, func(t *testing.T) {
			here := *w.world
			here.T = t
			scene.plays(&siteWorld{&here, w.site, w.who, w.modes})
			if t.Failed() {
				t.Logf("the engine's log:\n%s", w.log)
			}
		})
	}
}

// A mode is a way to a manager, by a profile of its own.
type mode struct {
	name, profile, prefix string
	web                   bool // through the web server
}

// Most worlds have a profile for each mode. What befalls a session befalls it in both.
var modes = []mode{
	{name: "API mode", profile: "default", prefix: "bai-"},
	{name: "session mode", profile: "web", prefix: "bai-web-", web: true},
}

// newSiteWorld signs a user in, and starts the engine.
func newSiteWorld(t *testing.T, backend site.Site, who site.User, in ...mode) *siteWorld {
	t.Helper()
	w := &siteWorld{newHome(t), backend, who, in}
	for _, m := range in {
		if m.web {
			w.signsIn()
		} else {
			access, secret := backend.KeyPair(who)
			w.baissh(secret, "login", backend.URL(), "--access-key", access, "--secret-key-stdin", "--write-ssh-config=yes")
		}
		w.set("profiles."+m.profile, "account", backend.Account())
	}
	w.start()
	w.connected()
	return w
}

// signsIn makes a login at the web server.
func (w *siteWorld) signsIn() {
	w.Helper()
	name, password := w.site.Password(w.who)
	w.baissh(password, "login", w.site.WebURL(), "--profile", "web", "--user", name, "--password-stdin", "--write-ssh-config=yes")
}

func (w *siteWorld) connected() {
	w.Helper()
	w.until("connected", func(s *state.Snapshot) bool {
		for _, p := range s.Profiles {
			if p.State != "connected" {
				return false
			}
		}
		return len(s.Profiles) == len(w.modes)
	})
}

// inBothModes looks at a session's host in each mode.
func (w *siteWorld) inBothModes(name string, look func(m mode, alias string)) {
	w.Helper()
	for _, m := range w.modes {
		look(m, m.prefix+name)
	}
}

// bothReady waits until ssh can log in, in both modes.
func (w *siteWorld) bothReady(name string) map[mode]state.Host {
	w.Helper()
	hosts := map[mode]state.Host{}
	w.inBothModes(name, func(m mode, alias string) { hosts[m] = w.ready(alias) })
	return hosts
}

// bothLogIn runs a command by ssh, in both modes.
func (w *siteWorld) bothLogIn(name string) {
	w.Helper()
	w.inBothModes(name, func(_ mode, alias string) { w.logsIn(alias) })
}

// bothTold runs ssh in both modes at once. Each must be told why it cannot be served, and
// status must say so, too.
func (w *siteWorld) bothTold(name string, says func(m mode) []string) {
	w.Helper()
	for m, r := range w.bothTry(name) {
		w.wantTold(trouble{says: says(m)}, r)
		w.isSaid(m, m.prefix+name, says(m)[0])
	}
}

// isSaid waits until status says something of a session, or of the profile that leads
// there.
func (w *siteWorld) isSaid(m mode, alias, words string) {
	w.Helper()
	w.eventually("status says of "+alias+": "+words, func() bool { return w.says(m, alias, words) })
}

func (w *siteWorld) says(m mode, alias, words string) bool {
	w.Helper()
	for line := range strings.Lines(w.baissh("", "status")) {
		of := strings.HasPrefix(line, alias+" ") || strings.HasPrefix(line, "profile "+m.profile+":")
		if of && strings.Contains(line, words) {
			return true
		}
	}
	return false
}

// endIsTold wants a session's end to be told in both modes, by status and by a config that
// ssh has kept.
func (w *siteWorld) endIsTold(name string) {
	w.Helper()
	w.inBothModes(name, func(m mode, alias string) {
		words := "session " + name + " has ended"
		w.wantUnknown(alias)
		w.isSaid(m, alias, words)
		r := w.program(nil, "ssh", "-F", w.home.Dir+"/kept", "-o", "BatchMode=yes", alias, "true")
		w.wantTold(trouble{says: []string{words, "start it again"}}, r)
	})
}

// bothTry runs ssh in both modes at once.
func (w *siteWorld) bothTry(name string) map[mode]result {
	w.Helper()
	results := make([]result, len(w.modes))
	var all sync.WaitGroup
	for i, m := range w.modes {
		all.Go(func() { results[i] = w.ssh(m.prefix+name, "true") })
	}
	all.Wait()
	byMode := map[mode]result{}
	for i, m := range w.modes {
		byMode[m] = results[i]
	}
	return byMode
}

// bothShells opens a shell in each mode.
func (w *siteWorld) bothShells(name string) map[mode]*openShell {
	w.Helper()
	shells := map[mode]*openShell{}
	w.inBothModes(name, func(m mode, alias string) { shells[m] = w.openShell(alias) })
	return shells
}

// makes creates a session of the user's, which ends with the scene.
func (w *siteWorld) makes(spec site.Spec) site.Session {
	w.Helper()
	spec.User = w.who
	s, err := w.site.Create(spec)
	if err != nil {
		w.Fatal(err)
	}
	w.Cleanup(s.Discard)
	return s
}

// eventually asks again and again: a real manager does not tell what it was asked.
func (w *siteWorld) eventually(what string, holds func() bool) {
	w.Helper()
	ctx, cancel := context.WithTimeout(w.Context(), patience)
	defer cancel()
	for !holds() {
		if pauseBriefly(ctx); ctx.Err() != nil {
			w.Fatalf("not within %s: %s", patience, what)
		}
	}
}

func (w *siteWorld) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

// logsIn runs a command by ssh, which must have nothing to complain of.
func (w *siteWorld) logsIn(alias string) {
	w.Helper()
	if got := strings.TrimSpace(w.good(w.ssh(alias, "id -un"))); got != w.site.Account() {
		w.Errorf("%s is %q, want %s", alias, got, w.site.Account())
	}
}

// wantUnknown wants ssh not to know an alias any more.
func (w *siteWorld) wantUnknown(alias string) {
	w.Helper()
	w.gone(alias)
	w.eventually("no word of it is left", func() bool { return !strings.Contains(w.text(".ssh", "bai", "config"), "Host "+alias+"\n") })
	if r := w.ssh(alias, "true"); !strings.Contains(r.complaint, "Could not resolve hostname") {
		w.Errorf("ssh says %q", r.complaint)
	}
}

// written waits for a host in ssh's config, whether or not it is ready.
func (w *siteWorld) written(alias string) {
	w.Helper()
	w.eventually("the alias is written", func() bool { return strings.Contains(w.text(".ssh", "bai", "config"), "Host "+alias+"\n") })
}
