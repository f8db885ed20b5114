package main

import (
	"bytes"
	"strings"
	"testing"

	"baissh/proxy/backendai/backendaitest/site"
	"baissh/proxy/state"
)

// users are scenes of others than the one who has the engine all the time, or of her
// without it.
var users = []ownScene{
	{"a restart while the engine is off needs no action", func(t *testing.T, backend site.Site) {
		w := newSiteWorld(t, backend, site.Alice, modes...)
		s := w.makes(site.Spec{Name: "behind"})
		before := w.bothReady("behind")
		w.stop()
		w.must(s.Restart())
		w.start()
		w.inBothModes("behind", func(m mode, alias string) {
			w.host(alias, w.isRestarted(before[m]))
			w.logsIn(alias)
		})
	}},
	{"a second key pair is refused in words", func(t *testing.T, backend site.Site) {
		w := newHome(t)
		access, secret := backend.KeyPair(site.Alice2)
		args := []string{"login", backend.URL(), "--access-key", access, "--secret-key-stdin"}
		if !refusesSecondKeys(backend) {
			w.baissh(secret, args...)
			return
		}
		w.refused(secret, []string{"the manager refused the key pair (401)", "only a user's main key pair"}, args...)
	}},
	{"a key that the container made", func(t *testing.T, backend site.Site) {
		w := newSiteWorld(t, backend, site.Bob, modes...)
		w.makes(site.Spec{Name: "bobs"})
		w.bothReady("bobs")
		w.bothLogIn("bobs")
	}},
	{"a limit on requests is said, and ends nothing", func(t *testing.T, backend site.Site) {
		w := newSiteWorld(t, backend, site.Dave, modes...)
		w.makes(site.Spec{Name: "daves"})
		w.bothReady("daves")
		shells := w.bothShells("daves")
		w.eventually("it is too much", func() bool {
			w.baissh("", "reload")
			limited := 0
			for _, p := range w.until("an answer", func(s *state.Snapshot) bool { return s.Profiles[0].State != "connecting" }).Profiles {
				if strings.Contains(p.Reason, "limits the number of requests") {
					limited++
				}
			}
			return limited == len(w.modes)
		})
		w.bothTold("daves", func(mode) []string { return []string{"limits the number of requests", "baissh waits"} })
		w.inBothModes("daves", func(m mode, _ string) { shells[m].goesOn() })
	}},
	{"a user who is blocked is told for how long, and goes on where there is a login", func(t *testing.T, backend site.Site) {
		w := newSiteWorld(t, backend, site.Bob, modes...)
		w.makes(site.Spec{Name: "blocked"})
		w.bothReady("blocked")
		name, password := backend.Password(site.Bob)
		again := []string{"login", backend.WebURL(), "--profile", "web", "--user", name, "--password-stdin"}
		for range 10 {
			w.refused("not "+password, []string{"user name or password are not right", "ten mistakes block a user"}, again...)
		}
		w.refused(password, []string{"this user is blocked after too many mistakes, for 20 minutes", "each try before starts that time anew"}, again...)
		w.baissh("", "reload")
		w.connected()
		w.bothLogIn("blocked")
	}},
}

// refused runs a verb that must fail, and say these words.
func (w *world) refused(stdin string, words []string, args ...string) {
	w.Helper()
	var out, complaint bytes.Buffer
	code := run(w.Context(), append([]string{"--home", w.home.Dir}, args...), strings.NewReader(stdin), &out, &complaint)
	for _, want := range words {
		if code == exitOK || !strings.Contains(complaint.String(), want) {
			w.Errorf("baissh %s: status %d, %q, want %q", strings.Join(args, " "), code, complaint.String(), want)
		}
	}
}
