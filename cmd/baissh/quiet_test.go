package main

import (
	"fmt"
	"testing"

	"baissh/proxy/backendai/backendaitest"
	"baissh/proxy/state"
)

// Nobody connects to twenty sessions: each is probed once, all share one event
// stream, and no tunnel stays. How often the list is asked for in an hour is
// tested where the hour can be played: TestAnHourOfQuiet in proxy.
func TestIdleSessionsAreLeftAlone(t *testing.T) {
	const sessions = 20
	var specs []backendaitest.SessionSpec
	for i := range sessions {
		specs = append(specs, backendaitest.SessionSpec{Name: fmt.Sprintf("idle-%02d", i)})
	}
	w := newWorld(t, backendaitest.Options{}, specs...)
	w.until("all are ready", func(s *state.Snapshot) bool {
		return len(s.Hosts) == sessions && !containsHost(s.Hosts, func(h state.Host) bool { return h.State != state.Ready })
	})
	w.eventually("no tunnel is left", func() bool { return w.manager.Tunnels() == 0 })
	lists := w.manager.Count("POST /admin/gql")
	for range 3 { // three more looks change nothing
		w.baissh("", "reload")
		lists++
		w.eventually("a list", func() bool { return w.manager.Count("POST /admin/gql") >= lists })
	}
	if got := w.manager.TunnelsOpened(); got != sessions {
		t.Errorf("%d tunnels were opened for %d incarnations", got, sessions)
	}
	if got := w.manager.MostTunnels(); got > 2 {
		t.Errorf("%d sessions were probed at a time; a manager opens tunnels one by one", got)
	}
	if got := w.manager.Count("GET /events/session"); got != 1 {
		t.Errorf("%d event streams were opened, want 1", got)
	}
	if got := w.manager.Count("* /session/*/download_single"); got > 2*sessions {
		t.Errorf("%d downloads for %d keys", got, sessions)
	}
	w.stop()
	w.start()
	w.until("all are ready again", func(s *state.Snapshot) bool {
		return len(s.Hosts) == sessions && !containsHost(s.Hosts, func(h state.Host) bool { return h.State != state.Ready })
	})
	if got := w.manager.TunnelsOpened(); got != sessions {
		t.Errorf("a restart of the engine opened %d more tunnels", got-sessions)
	}
}
