package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"baissh/proxy/backendai/backendaitest/site"
	"baissh/proxy/state"
)

// A siteWorld is a world whose manager is played or real, as the build tag has it:
// what stands on it is tried on both.
type siteWorld struct {
	*world
	site site.Site
}

// TestOnAnyManager is the life of sessions as a user sees it. The engine goes on
// from one scene to the next.
func TestOnAnyManager(t *testing.T) {
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
	w := newSiteWorld(t, backend, site.Alice)
	for _, scene := range scenes {
		t.Run(scene.name, func(t *testing.T) {
			here := *w.world
			here.T = t
			scene.plays(&siteWorld{&here, backend})
			if t.Failed() {
				t.Logf("the engine's log:\n%s", w.log)
			}
		})
	}
	for _, play := range apart {
		t.Run(play.name, func(t *testing.T) { play.plays(t, backend) })
	}
}

// newSiteWorld signs a user in, and starts the engine.
func newSiteWorld(t *testing.T, backend site.Site, who site.User) *siteWorld {
	t.Helper()
	w := &siteWorld{newHome(t), backend}
	access, secret := backend.KeyPair(who)
	w.baissh(secret, "login", backend.URL(), "--access-key", access, "--secret-key-stdin", "--write-ssh-config=yes")
	w.set("profiles.default", "account", backend.Account())
	w.start()
	w.until("connected", func(s *state.Snapshot) bool { return len(s.Profiles) == 1 && s.Profiles[0].State == "connected" })
	return w
}

// makes creates a session that ends with the scene.
func (w *siteWorld) makes(spec site.Spec) site.Session {
	w.Helper()
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

var scenes = []struct {
	name  string
	plays func(*siteWorld)
}{
	{"a new session answers within a second", func(w *siteWorld) {
		w.makes(site.Spec{Name: "fresh"})
		running := time.Now()
		w.ready("bai-fresh")
		if took := time.Since(running); took > answerLimit {
			w.Logf("it took %s from RUNNING to ready", took)
		}
		w.logsIn("bai-fresh")
	}},
	{"a session that ends leaves nothing", func(w *siteWorld) {
		s := w.makes(site.Spec{Name: "ending"})
		w.ready("bai-ending")
		w.keepConfig()
		shell := w.openShell("bai-ending")
		w.must(s.End())
		shell.endsWithin(patience)
		w.wantUnknown("bai-ending")
		r := w.program(nil, "ssh", "-F", w.home.Dir+"/kept", "-o", "BatchMode=yes", "bai-ending", "true")
		w.wantTold(trouble{says: []string{"session ending has ended", "start it again"}}, r)
	}},
	{"a session that crashes ends its shells, and leaves nothing", func(w *siteWorld) {
		s := w.makes(site.Spec{Name: "crashing"})
		w.ready("bai-crashing")
		shell := w.openShell("bai-crashing")
		w.must(s.Crash())
		shell.endsWithin(patience)
		w.wantUnknown("bai-crashing")
	}},
	{"a renamed session answers to its new name", func(w *siteWorld) {
		s := w.makes(site.Spec{Name: "before"})
		before := w.ready("bai-before")
		w.must(s.Rename("after"))
		w.baissh("", "reload")
		if now := w.ready("bai-after"); now.Port != before.Port || now.HostKey != before.HostKey {
			w.Errorf("now %+v, before %+v", now, before)
		}
		w.eventually("the alias is written", func() bool { return strings.Contains(w.text(".ssh", "bai", "config"), "Host bai-after\n") })
		w.logsIn("bai-after")
		w.wantUnknown("bai-before")
	}},
	{"a restarted session needs no action", func(w *siteWorld) {
		s := w.makes(site.Spec{Name: "again"})
		before := w.ready("bai-again")
		w.openShell("bai-again")
		for range 2 {
			w.must(s.Restart())
			now := w.host("bai-again", func(h state.Host) bool { return h.Cut != nil && w.isRestarted(before)(h) })
			w.logsIn("bai-again")
			if now.Port != before.Port || !strings.Contains(now.Cut.Reason, "session again was restarted") {
				w.Errorf("now %+v, before %+v", now, before)
			}
			before = now
		}
	}},
	{"a session made anew under its name needs no action", func(w *siteWorld) {
		s := w.makes(site.Spec{Name: "anew"})
		before := w.ready("bai-anew")
		w.logsIn("bai-anew")
		w.must(s.End())
		id := w.makes(site.Spec{Name: "anew"}).ID()
		now := w.host("bai-anew", func(h state.Host) bool { return h.State == state.Ready && h.SessionID == id })
		w.logsIn("bai-anew")
		if now.Port != before.Port || now.HostKey == before.HostKey {
			w.Errorf("now %+v, before %+v", now, before)
		}
	}},
	{"a session without an ssh server says so", func(w *siteWorld) {
		w.makes(site.Spec{Name: "without", SSH: site.NoApp})
		h := w.named("without", func(h state.Host) bool { return h.State != state.Starting })
		if h.State == state.Ready || !strings.Contains(h.Reason, "session without has no ssh server") {
			w.Errorf("it is %s: %s", h.State, h.Reason)
		}
	}},
	{"a port that refuses is said in ssh's own words", func(w *siteWorld) {
		w.makes(site.Spec{Name: "refusing", SSH: site.Dead})
		w.eventually("the alias is written", func() bool { return strings.Contains(w.text(".ssh", "bai", "config"), "Host bai-refusing\n") })
		says := []string{"the ssh server of session refusing does not accept connections", "restart the session"}
		w.wantTold(trouble{says: says}, w.ssh("bai-refusing", "true"))
		w.host("bai-refusing", func(h state.Host) bool { return strings.Contains(h.Reason, says[0]) })
	}},
	{"an ssh server that is stopped and started again", func(w *siteWorld) {
		s := w.makes(site.Spec{Name: "halting"})
		w.ready("bai-halting")
		shell := w.openShell("bai-halting")
		w.must(s.StopSSH())
		shell.endsWithin(patience)
		w.wantTold(trouble{says: []string{"the ssh server of session halting does not accept connections"}}, w.ssh("bai-halting", "true"))
		w.must(s.StartSSH())
		w.eventually("ssh logs in again", func() bool { return w.ssh("bai-halting", "true").err == nil })
	}},
	{"a mounted .ssh wants the user's own key", func(w *siteWorld) {
		key := filepath.Join(w.home.Dir, "own")
		w.good(w.program(nil, "ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "me", "-f", key))
		w.makes(site.Spec{Name: "mounted", Authorized: strings.TrimSpace(w.text("own.pub"))})
		h := w.host("bai-mounted", func(h state.Host) bool { return h.State != state.Starting && h.Reason != "" })
		if !strings.Contains(h.Reason, "no key file to download") {
			w.Errorf("it is %s: %s", h.State, h.Reason)
		}
		if got := w.good(w.ssh("-o", "IdentityFile="+key, "bai-mounted", "id -un")); strings.TrimSpace(got) != w.site.Account() {
			w.Errorf("ssh is %q", got)
		}
		w.set("profiles.default.sessions.mounted", "identity_file", key)
		w.eventually("ssh logs in by the setting", func() bool { return w.ssh("bai-mounted", "true").err == nil })
	}},
	{"whichever ssh server", func(w *siteWorld) {
		for _, kind := range []site.SSHServer{site.Shipped, site.Debian, site.OpenSSH} {
			w.makes(site.Spec{Name: "with-" + string(kind), SSH: kind})
			w.ready("bai-with-" + string(kind))
			w.good(w.ssh("bai-with-"+string(kind), "true"))
		}
	}},
	{"each container of a cluster", func(w *siteWorld) {
		w.makes(site.Spec{Name: "pair", Containers: 2})
		w.ready("bai-pair+sub1")
		w.good(w.ssh("bai-pair", "true"))
		w.good(w.ssh("bai-pair+sub1", "true"))
	}},
	{"large files there and back are whole", func(w *siteWorld) {
		w.makes(site.Spec{Name: "large"})
		w.ready("bai-large")
		size, times := 8<<20, 1
		if site.Real { // whose ssh server ignores the window
			size, times = 64<<20, 5
		}
		sum := w.big("large", size)
		for range times {
			w.copied("put", filepath.Join(w.home.Dir, "large"), "bai-large:")
			w.copied("get", "bai-large:large", filepath.Join(w.home.Dir, "back"))
			if got := w.sum("back"); got != sum {
				w.Errorf("the sum is %x, want %x", got, sum)
			}
			w.must(os.Remove(filepath.Join(w.home.Dir, "back")))
			w.good(w.ssh("bai-large", "rm large"))
		}
	}},
	{"a manager that stops and comes back", func(w *siteWorld) {
		w.makes(site.Spec{Name: "staying"})
		before := w.ready("bai-staying")
		shell := w.openShell("bai-staying")
		w.must(w.site.Down())
		shell.endsWithin(patience)
		w.wantTold(trouble{says: []string{"cannot be reached", "check the network"}}, w.ssh("bai-staying", "true"))
		if h := w.named("staying", func(state.Host) bool { return true }); h.Port != before.Port {
			w.Errorf("port %d, before %d", h.Port, before.Port)
		}
		w.must(w.site.Up())
		if now := w.ready("bai-staying"); now.Port != before.Port || now.HostKey != before.HostKey {
			w.Errorf("now %+v, before %+v", now, before)
		}
		w.eventually("ssh logs in again", func() bool { return w.ssh("bai-staying", "true").err == nil })
	}},
}

// named waits for the host of a session, which may have no alias.
func (w *siteWorld) named(name string, good func(state.Host) bool) (found state.Host) {
	w.Helper()
	w.until("the right "+name, func(s *state.Snapshot) bool {
		for _, h := range s.Hosts {
			if h.Name == name && good(h) {
				found = h
				return true
			}
		}
		return false
	})
	return found
}

// apart are scenes with an engine of their own.
var apart = []struct {
	name  string
	plays func(*testing.T, site.Site)
}{
	{"a restart while the engine is off needs no action", func(t *testing.T, backend site.Site) {
		w := newSiteWorld(t, backend, site.Alice)
		s := w.makes(site.Spec{Name: "behind"})
		before := w.ready("bai-behind")
		w.stop()
		w.must(s.Restart())
		w.start()
		w.host("bai-behind", w.isRestarted(before))
		w.logsIn("bai-behind")
	}},
	{"a second key pair is refused in words", func(t *testing.T, backend site.Site) {
		w := newHome(t)
		access, secret := backend.KeyPair(site.Alice2)
		var out, complaint bytes.Buffer
		code := run(t.Context(), []string{"--home", w.home.Dir, "login", backend.URL(), "--access-key", access, "--secret-key-stdin"},
			strings.NewReader(secret), &out, &complaint)
		if !refusesSecondKeys(backend) {
			if code != exitOK {
				t.Errorf("status %d, %q", code, complaint.String())
			}
			return
		}
		for _, want := range []string{"the manager refused the key pair (401)", "only a user's main key pair"} {
			if code == exitOK || !strings.Contains(complaint.String(), want) {
				t.Errorf("status %d, %q, want %q", code, complaint.String(), want)
			}
		}
	}},
	{"a key that the container made", func(t *testing.T, backend site.Site) {
		w := newSiteWorld(t, backend, site.Bob)
		w.makes(site.Spec{Name: "bobs", User: site.Bob})
		w.ready("bai-bobs")
		w.logsIn("bai-bobs")
	}},
	{"a limit on requests is said, and ends nothing", func(t *testing.T, backend site.Site) {
		w := newSiteWorld(t, backend, site.Dave)
		w.makes(site.Spec{Name: "daves", User: site.Dave})
		w.ready("bai-daves")
		shell := w.openShell("bai-daves")
		w.eventually("it is too much", func() bool {
			w.baissh("", "reload")
			s := w.until("an answer", func(s *state.Snapshot) bool { return s.Profiles[0].State != "connecting" })
			return strings.Contains(s.Profiles[0].Reason, "limits the number of requests")
		})
		w.wantTold(trouble{says: []string{"limits the number of requests"}}, w.ssh("bai-daves", "true"))
		shell.say("still here")
		shell.hear("still here")
	}},
}
