package proxy

import (
	"testing"
	"time"

	"baissh/proxy/backendai/backendaitest"
)

// stageReleases are the oldest, the newest, and some between that differ.
var stageReleases = []string{"22.03", "23.09.10", "25.15", "26.9"}

// An hour in which nobody does anything costs the manager a list a minute and one event
// stream: no tunnel, no probe, no look-up, whatever the release and the way to it.
func TestAnHourOfNothing(t *testing.T) {
	const sessions = 3
	for _, m := range []mode{apiMode, webMode} {
		for _, release := range stageReleases {
			t.Run(string(m)+" "+release, func(t *testing.T) {
				onStage(t, m, backendaitest.Options{Release: release}, sessions, func(s *stage) {
					s.probedOnce(sessions)
					from := time.Now()
					s.pass(time.Hour)
					s.quiet(from)
					s.probedOnce(sessions)
				})
			})
		}
	}
}

// quiet wants nothing on the wire since a time but a list a minute, beside the one
// stream that was open before.
func (s *stage) quiet(from time.Time) {
	s.Helper()
	var lists int
	var last time.Time
	for _, r := range s.manager.Requests() {
		path := r.Path()
		switch {
		case r.Time.Before(from):
		case path != "/admin/gql" && path != "/func/admin/gql" || r.Status != 200:
			s.Errorf("%s: %s %s, status %d", r.Time.Format(time.TimeOnly), r.Method, r.Target, r.Status)
		case !r.Web && r.Time.Sub(last) < time.Minute:
			s.Errorf("%s: a list %s after the one before", r.Time.Format(time.TimeOnly), r.Time.Sub(last))
		case !r.Web:
			lists, last = lists+1, r.Time
		}
	}
	if lists < 55 {
		s.Errorf("%d lists in an hour, want about one a minute", lists)
	}
	if open, opened := s.manager.EventStreams(), s.manager.Count("GET /events/session"); open != 1 || opened != 1 {
		s.Errorf("%d event streams are open of %d, want 1 of 1", open, opened)
	}
}

// probedOnce wants one connection to each session, one after the other at each, that was
// ended soon, and not without a word: by our close frame, or by the ssh server, which is
// made to hang up before that.
func (s *stage) probedOnce(sessions int) {
	s.Helper()
	ends := map[bool]int{} // by web
	for _, r := range s.manager.TunnelLog() {
		ends[r.Web]++
		if r.End == backendaitest.Vanished || r.Ended.Sub(r.Opened) > probeLimit {
			s.Errorf("a tunnel ended after %s by %s", r.Ended.Sub(r.Opened), r.End)
		}
	}
	if ends[false] != sessions {
		s.Errorf("%d tunnels for %d containers", ends[false], sessions)
	}
	if all := s.manager.AllConnections(); all.Total != sessions || all.MostBefore != 1 || all.HungUpOn != 0 {
		s.Errorf("at the ssh servers: %+v", all)
	}
}
