package main

import (
	"strings"
	"testing"
	"time"

	"baissh/proxy/backendai/backendaitest"
	"baissh/proxy/state"
)

// Whether an open ssh keeps a session differs from release to release, and the oldest
// says nothing of an end.
func TestIdleReclaimIsTold(t *testing.T) {
	const (
		unused   = "Backend.AI ends it in 11 min, unless it is used"
		lifetime = "in 11 min, when its lifetime is over"
		keeps    = "kept awake by 1 connection"
		does     = "an open ssh does not count on this release"
	)
	open := keeps
	for _, release := range backendaitest.Releases() {
		switch release {
		case "23.03":
			open = does
		case "26.4":
			open = keeps
		}
		t.Run(release, func(t *testing.T) {
			w := newWorld(t, backendaitest.Options{Release: release}, demoSpec)
			if h := w.ready("bai-demo"); h.Idle != nil {
				t.Errorf("before anything was announced: %+v", h.Idle)
			}
			if release == "22.03" {
				w.manager.Sessions()[0].SetIdle("network_timeout", 11*time.Minute)
				w.baissh("", "reload")
				w.says("")
				return
			}
			w.announces("session_lifetime", lifetime)
			w.announces("network_timeout", unused)
			w.openShell("bai-demo")
			w.announces("network_timeout", open)
			w.announces("session_lifetime", lifetime)
		})
	}
}

// announces has the manager foretell the session's end, and looks for what is said of it.
func (w *world) announces(check, words string) {
	w.Helper()
	w.manager.Sessions()[0].SetIdle(check, 11*time.Minute+50*time.Second)
	w.baissh("", "reload")
	w.host("bai-demo", func(h state.Host) bool { return h.Idle != nil && h.Idle.Check == check })
	w.says(words)
}

// says looks for words on idleness in status and info; none are wanted if words is "".
func (w *world) says(words string) {
	w.Helper()
	for _, verb := range [][]string{{"status"}, {"info", "bai-demo"}} {
		out := w.baissh("", verb...)
		if !strings.Contains(out, words) || words == "" && strings.Contains(out, "Backend.AI ends") {
			w.Errorf("%s says\n%s\nwant %q", verb[0], out, words)
		}
	}
}
