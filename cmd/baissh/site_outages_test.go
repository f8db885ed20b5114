package main

import (
	"slices"
	"strings"
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
		says := func(m mode) []string {
			if m.web {
				return []string{"is in trouble (status 502)", "baissh keeps trying"}
			}
			return []string{"cannot be reached", "check the network"}
		}
		w.bothTold("staying", says)
		w.inBothModes("staying", func(m mode, _ string) { w.unreachable(m, says(m)[0]) })
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
			w.unreachable(m, "cannot be reached")
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
		w.profile(modes[1], func(p state.Profile) bool {
			return p.State == "connected" && time.Until(p.LoginEnds) <= shortLogin
		})
		shell := w.openShell("bai-web-revived")
		if extendsLogins(w.site) {
			w.isExtended(shell)
		} else {
			w.endsBySelf(shell)
		}
		last()
		w.signsIn()
		w.sameAsBefore("revived", before)
	}},
}

// endsBySelf waits for the end of the login.
func (w *siteWorld) endsBySelf(shell *openShell) {
	w.Helper()
	w.profile(modes[1], func(p state.Profile) bool {
		return p.State == "signed-out" && p.Reason == `the login of profile "web" has ended`
	})
	w.wantTold(trouble{says: []string{`the login of profile "web" has ended; sign in again: baissh login --profile web`}}, w.ssh("bai-web-revived", "true"))
	w.logsIn("bai-revived")
	shell.goesOn()
}

// isExtended wants the login to go on, since the shell uses it.
func (w *siteWorld) isExtended(shell *openShell) {
	w.Helper()
	var first time.Time
	w.profile(modes[1], func(p state.Profile) bool {
		first = p.LoginEnds
		return !first.IsZero()
	})
	w.profile(modes[1], func(p state.Profile) bool { return p.LoginEnds.Sub(first) > shortLogin })
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

// unreachable waits until status says that nobody answers, and why.
func (w *siteWorld) unreachable(m mode, why string) {
	w.Helper()
	w.profile(m, func(p state.Profile) bool { return p.State == "unreachable" && strings.Contains(p.Reason, why) })
}

// profile waits for the profile of a mode to be as it should be.
func (w *siteWorld) profile(m mode, good func(state.Profile) bool) {
	w.Helper()
	w.until("the right profile "+m.profile, func(s *state.Snapshot) bool {
		return slices.ContainsFunc(s.Profiles, func(p state.Profile) bool { return p.Name == m.profile && good(p) })
	})
}

// goesOn wants a shell to answer.
func (s *openShell) goesOn() {
	s.Helper()
	s.say("still here")
	s.hear("still here")
}
