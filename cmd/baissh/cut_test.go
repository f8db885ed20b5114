package main

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"baissh/proxy/backendai/backendaitest"
	"baissh/proxy/state"
)

// cutLimit is how soon an open shell ends when its session does.
const cutLimit = 5 * time.Second

// A shell ends with its session, and status says why: also if the web server in between
// leaves its side open and answers every ping.
func TestAShellEndsWithItsSession(t *testing.T) {
	need(t, "ssh")
	var specs []backendaitest.SessionSpec
	for _, name := range []string{"ended", "restarted", "ended-unheard", "restarted-unheard"} {
		specs = append(specs, backendaitest.SessionSpec{Name: name})
	}
	w := newWorld(t, backendaitest.Options{}, specs...)
	for i, session := range w.manager.Sessions() {
		alias := "bai-" + specs[i].Name
		w.ready(alias)
		shell := w.shellThat(alias, session, strings.HasSuffix(specs[i].Name, "unheard"))
		end, why := session.Restart, "was restarted"
		if strings.HasPrefix(specs[i].Name, "ended") {
			end, why = func() error { session.End(); return nil }, "has ended"
		}
		if err := end(); err != nil {
			t.Fatal(err)
		}
		shell.endsWithin(cutLimit)
		w.eventually("status says why", func() bool {
			return strings.Contains(w.baissh("", "status"), "session "+specs[i].Name+" "+why)
		})
	}
}

// shellThat opens a shell, which hears nothing any more if it is to be unheard.
func (w *world) shellThat(alias string, session *backendaitest.Session, unheard bool) *openShell {
	w.Helper()
	if !unheard {
		return w.openShell(alias)
	}
	const enough = 20 << 10 // to log in, and some
	defer w.manager.Inject(backendaitest.Fault{At: backendaitest.Tunnel, Kind: backendaitest.Stall, Session: session, After: enough})()
	shell := w.openShell(alias)
	shell.say(strings.Repeat("x", enough))
	w.eventually("the tunnel passes nothing any more", func() bool { return w.manager.Stalled() == 1 })
	return shell
}

// brokenCopies is how often the network breaks in the middle of a download.
const brokenCopies = 3

// However a network breaks, ssh ends at once and says so by its status, and ours says
// what it was; nothing is left of it.
func TestABrokenNetworkIsNoEndOfAFile(t *testing.T) {
	need(t, "ssh")
	w := newWorld(t, backendaitest.Options{}, demoSpec)
	w.ready("bai-demo")
	const size = 4 << 20
	if got := w.good(w.ssh("bai-demo", "head -c 4194304 /dev/zero")); len(got) != size {
		t.Fatalf("%d bytes came of %d", len(got), size)
	}
	w.nobody("bai-demo")
	before := w.leftovers()
	for _, kind := range []backendaitest.FaultKind{backendaitest.ResetTunnel, backendaitest.DropTunnel, backendaitest.GoingAway} {
		undo := w.manager.Inject(backendaitest.Fault{At: backendaitest.Tunnel, Kind: kind, After: size / 2})
		for range brokenCopies {
			r := w.ssh("bai-demo", "head -c 4194304 /dev/zero")
			if fmt.Sprint(r.err) != "exit status 255" || len(r.out) >= size {
				t.Errorf("%s: %d bytes after %s, %v", kind, len(r.out), r.took, r.err)
			}
			since := time.Now().Add(-r.took).Truncate(time.Second)
			w.host("bai-demo", func(h state.Host) bool {
				return h.Cut != nil && !h.Cut.Time.Before(since) && strings.Contains(h.Cut.Reason, "was cut, by its ssh server, the manager or the network")
			})
		}
		undo()
	}
	w.nobody("bai-demo")
	w.flat(before, little)
	w.good(w.ssh("bai-demo", "true"))
}

// nobody waits until nobody is connected to a host, and no tunnel is left to any.
func (w *world) nobody(alias string) {
	w.Helper()
	w.host(alias, func(h state.Host) bool { return h.Connections == 0 })
	w.eventually("no tunnel is left", func() bool { return w.manager.Tunnels() == 0 })
}
