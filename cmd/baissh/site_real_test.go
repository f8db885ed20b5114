//go:build real

package main

import (
	"context"
	"strings"
	"syscall"
	"testing"
	"time"

	"baissh/proxy/backendai/backendaitest/site"
	"baissh/proxy/state"
)

// meanwhile are scenes that take their time.
var meanwhile = []ownScene{
	{"what nobody uses is reclaimed on time, as status has said", wantReclaimed},
	{"the wire is clean", wantCleanWire},
}

// The session is as good as lost, and says so. A new one of its name is reached by the
// same port.
func wantMovedPorts(t *testing.T, backend site.Site) {
	w := newSiteWorld(t, backend, site.Alice, modes...)
	s := w.makes(site.Spec{Name: "moving", MovesPorts: true})
	before := w.bothReady("moving")
	w.must(s.Restart())
	w.bothDead("moving")
	// A restart shows in more than one list, and with each the session is looked at anew.
	w.eventually("ssh is told so", func() bool {
		told := true
		for m, r := range w.bothTry("moving") {
			told = told && r.err != nil && strings.Contains(r.complaint, deadWords(m, "moving")[0])
		}
		return told
	})
	w.must(s.End())
	w.makes(site.Spec{Name: "moving"})
	w.inBothModes("moving", func(m mode, alias string) {
		if now := w.ready(alias); now.Port != before[m].Port {
			w.Errorf("port %d, before %d", now.Port, before[m].Port)
		}
		w.logsIn(alias)
	})
}

// shortLogin is how long a login lasts that is to end.
const shortLogin = 8 * time.Second

// checkPeriod is how often a manager looks for idle sessions, and reclaimTime how long
// it may take to end one and us to see it.
const (
	checkPeriod = 15 * time.Second
	reclaimTime = 10 * time.Second
)

// The engine and its looking keep no session alive. On this release an open ssh does
// not either, which is said before.
func wantReclaimed(t *testing.T, backend site.Site) {
	w := newSiteWorld(t, backend, site.Erin, modes...)
	began := map[string]time.Time{}
	for _, name := range []string{"unused", "used"} {
		s := w.makes(site.Spec{Name: name})
		w.bothReady(name)
		began[name] = w.listed(s).StatusChanged
	}
	w.keepConfig()
	shells := w.bothShells("used")
	w.announced("unused", "unless it is used")
	w.announced("used", "and an open ssh does not count on this release")
	for _, name := range []string{"unused", "used"} {
		w.inBothModes(name, func(m mode, alias string) {
			latest := began[name].Add(site.IdleLimit + checkPeriod + reclaimTime)
			w.within(time.Until(latest), alias+" gone", isGone(alias))
			took := time.Since(began[name])
			t.Logf("%s was gone %s after its start", alias, took)
			if took < site.IdleLimit {
				t.Errorf("%s was gone %s after its start", alias, took)
			}
			if name == "used" {
				shells[m].endsWithin(patience)
			}
		})
		w.endIsTold(name)
	}
}

// announced waits until status says of a session that it will be ended, with these
// words.
func (w *siteWorld) announced(name, words string) {
	w.Helper()
	ctx, cancel := context.WithTimeout(w.Context(), patience)
	defer cancel()
	look := time.NewTicker(time.Second) // a manager is asked once a minute else
	defer look.Stop()
	for !w.bothSay(name, "Backend.AI ends it within a minute, "+words) {
		select {
		case <-look.C:
			w.baissh("", "reload")
		case <-ctx.Done():
			w.Fatalf("status does not say %q of %s:\n%s", words, name, w.baissh("", "status"))
		}
	}
}

// bothSay reports whether status says something of a session, in both modes.
func (w *siteWorld) bothSay(name, words string) bool {
	w.Helper()
	both := true
	w.inBothModes(name, func(m mode, alias string) { both = both && w.says(m, alias, words) })
	return both
}

// A manager that restarts ends all tunnels, which a web server keeps to itself, and it
// goes on to answer pings. That the ssh server used to speak each 15 s and does not any
// more is what gives it away.
func TestAShellEndsWithTheManager(t *testing.T) {
	backend := startSite(t)
	w := newSiteWorld(t, backend, site.Alice, modes...)
	w.makes(site.Spec{Name: "unheard"})
	before := w.bothReady("unheard")
	shell := w.openShell("bai-web-unheard")
	lasts(35 * time.Second) // in which the server spoke twice
	w.must(backend.Down())
	w.must(backend.Up())
	shell.endsWithin(2 * time.Minute)
	w.isSaid(modes[1], "bai-web-unheard", "because nothing came from session unheard any more")
	w.sameAsBefore("unheard", before)
}

// lastly are the scenes that only a real one has, of which the last is what nothing can
// come after. While ports move nobody makes a session, which would get the former ones.
var lastly = []ownScene{
	{"a restart that moves the ports, which nobody notices", wantMovedPorts},
	{"a node that freezes, and then dies", wantAgentMissed},
}

// The manager asks the agent before it opens a tunnel, and answers after five seconds
// that it could not. Who is connected stays so.
func wantAgentMissed(t *testing.T, backend site.Site) {
	w := newSiteWorld(t, backend, site.Alice, modes...)
	w.makes(site.Spec{Name: "orphan"})
	w.bothReady("orphan")
	shells := w.bothShells("orphan")
	missed := func() {
		w.inBothModes("orphan", func(m mode, alias string) { // one by one: so the manager waits for its agent
			words := "is in trouble (status 500)"
			if m.web {
				words = "is in trouble (status 502)"
			}
			w.wantTold(trouble{says: []string{words, "baissh keeps trying"}}, w.ssh(alias, "true"))
			w.isSaid(m, alias, words)
			shells[m].goesOn()
		})
	}
	w.must(site.SignalAgent(backend, syscall.SIGSTOP))
	t.Cleanup(func() { site.SignalAgent(backend, syscall.SIGCONT) }) // it may be dead
	missed()
	w.must(site.SignalAgent(backend, syscall.SIGCONT))
	w.inBothModes("orphan", func(_ mode, alias string) {
		w.eventually("ssh logs in again", func() bool { return w.ssh(alias, "true").err == nil })
		w.host(alias, func(h state.Host) bool { return h.Refusal == nil })
	})
	w.must(site.SignalAgent(backend, syscall.SIGKILL))
	missed()
}
