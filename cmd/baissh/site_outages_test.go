package main

import (
	"time"

	"baissh/proxy/backendai/backendaitest/site"
	"baissh/proxy/state"
)

// outages are what befalls the servers, while the sessions run on.
var outages = []scene{
	{"a manager that stops and comes back", func(w *siteWorld) {
		w.makes(site.Spec{Name: "staying"})
		before := w.bothReady("staying")
		shell := w.openShell("bai-staying")
		w.must(w.site.Down())
		shell.endsWithin(patience)
		w.wantTold(trouble{says: []string{"cannot be reached", "check the network"}}, w.ssh("bai-staying", "true"))
		w.wantTold(trouble{says: []string{"is in trouble (status 502)", "baissh keeps trying"}}, w.ssh("bai-web-staying", "true"))
		w.must(w.site.Up())
		w.sameAsBefore("staying", before)
	}},
	{"a web server that stops and comes back", func(w *siteWorld) {
		w.makes(site.Spec{Name: "lasting"})
		before := w.bothReady("lasting")
		shells := w.bothShells("lasting")
		w.must(w.site.WebDown())
		w.inBothModes("lasting", func(m mode, alias string) {
			if !m.web {
				w.logsIn(alias)
				shells[m].goesOn()
				return
			}
			shells[m].endsWithin(patience)
			w.wantTold(trouble{says: []string{"cannot be reached", "check the network"}}, w.ssh(alias, "true"))
		})
		w.must(w.site.WebUp())
		w.sameAsBefore("lasting", before)
	}},
	{"a login that ends is said, and the next one revives all, unless it is extended", func(w *siteWorld) {
		w.makes(site.Spec{Name: "revived"})
		before := w.bothReady("revived")
		w.must(w.site.LoginsLast(shortLogin))
		last := func() { w.must(w.site.LoginsLast(7 * 24 * time.Hour)) }
		w.Cleanup(last) // other scenes sign in, too, whatever became of this one
		w.signsIn()
		w.webProfile("signed in for a moment", func(p state.Profile) bool {
			return p.State == "connected" && time.Until(p.LoginEnds) <= shortLogin
		})
		shell := w.openShell("bai-web-revived")
		if extendsLogins(w.site) {
			w.isExtended(shell)
		} else {
			w.endsBySelf(shell, before)
		}
		last()
		w.signsIn()
		w.connected()
	}},
}

// endsBySelf waits for the end of the login, and signs in again.
func (w *siteWorld) endsBySelf(shell *openShell, before map[mode]state.Host) {
	w.Helper()
	w.webProfile("signed out", func(p state.Profile) bool {
		return p.State == "signed-out" && p.Reason == `the login of profile "web" has ended`
	})
	w.wantTold(trouble{says: []string{`the login of profile "web" has ended; sign in again: baissh login --profile web`}}, w.ssh("bai-web-revived", "true"))
	w.logsIn("bai-revived")
	shell.goesOn()
	w.signsIn()
	w.sameAsBefore("revived", before)
	shell.goesOn()
}

// isExtended wants the login to go on, since the shell uses it.
func (w *siteWorld) isExtended(shell *openShell) {
	w.Helper()
	var first time.Time
	w.webProfile("a login that ends", func(p state.Profile) bool {
		first = p.LoginEnds
		return !first.IsZero()
	})
	w.webProfile("extended beyond its life", func(p state.Profile) bool { return p.LoginEnds.Sub(first) > shortLogin })
	w.logsIn("bai-web-revived")
	shell.goesOn()
}

// sameAsBefore wants a session to be reached as it was, in both modes.
func (w *siteWorld) sameAsBefore(name string, before map[mode]state.Host) {
	w.Helper()
	w.inBothModes(name, func(m mode, alias string) {
		if now := w.ready(alias); now.Port != before[m].Port || now.HostKey != before[m].HostKey {
			w.Errorf("now %+v, before %+v", now, before[m])
		}
		w.eventually("ssh logs in again", func() bool { return w.ssh(alias, "true").err == nil })
	})
}

// webProfile waits for the login at the web server to be as it should be.
func (w *siteWorld) webProfile(what string, good func(state.Profile) bool) {
	w.Helper()
	w.until(what, func(s *state.Snapshot) bool {
		for _, p := range s.Profiles {
			if p.Name == "web" && good(p) {
				return true
			}
		}
		return false
	})
}

// goesOn wants a shell to answer.
func (s *openShell) goesOn() {
	s.Helper()
	s.say("still here")
	s.hear("still here")
}
