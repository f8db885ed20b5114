package main

import (
	"strings"
	"testing"
	"time"

	"baissh/proxy/backendai/backendaitest"
	"baissh/proxy/state"
)

func TestIdleReclaimIsTold(t *testing.T) {
	tests := []struct{ release, check, idle, open string }{
		{"26.8", "network_timeout", "Backend.AI ends it in 11 min, unless it is used", "kept awake by 1 connection"},
		{"23.09.10", "network_timeout", "Backend.AI ends it in 11 min, unless it is used", "an open ssh does not count on this release"},
		{"26.8", "session_lifetime", "in 11 min, when its lifetime is over", "in 11 min, when its lifetime is over"},
		{"22.03", "network_timeout", "", ""}, // which does not say
	}
	for _, tt := range tests {
		t.Run(tt.release+" "+tt.check, func(t *testing.T) {
			w := newWorld(t, backendaitest.Options{Release: tt.release}, demoSpec)
			h := w.ready("bai-demo")
			if h.Idle != nil {
				t.Errorf("before anything was announced: %+v", h.Idle)
			}
			w.manager.Sessions()[0].SetIdle(tt.check, 11*time.Minute+50*time.Second)
			w.baissh("", "reload")
			if tt.idle != "" {
				w.host("bai-demo", func(h state.Host) bool { return h.Idle != nil && h.Idle.Check == tt.check })
			}
			w.says(tt.idle)
			w.openShell("bai-demo")
			w.says(tt.open)
		})
	}
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
