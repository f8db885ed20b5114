package proxy

import (
	"strings"
	"testing"
	"time"

	"baissh/proxy/backendai/backendaitest"
)

// A restart ends the connections into the container before it, and is their reason in
// status, also where a list shows it while it lasts, and the container's own end is not
// heard of.
func TestARestartThatAListSees(t *testing.T) {
	onStage(t, apiMode, backendaitest.Options{}, 1, func(s *stage) {
		session := s.manager.Sessions()[0]
		shell := s.logIn(session)
		for _, status := range []string{"RESTARTING", "RUNNING"} {
			s.lives(shell)
			session.SetStatus(status)
			s.pass(2 * time.Minute)
		}
		select {
		case <-shell.ended:
		default:
			s.Error("the shell in the container before goes on")
		}
		if cut := s.hostOf(session).Cut; cut == nil || cut.Connections != 1 || !strings.Contains(cut.Reason, "was restarted") {
			s.Errorf("the last cut is %+v", cut)
		}
		s.lives(s.logIn(session))
	})
}
