package proxy

import (
	"strings"
	"testing"
	"time"

	"baissh/proxy/backendai/backendaitest"
)

// Proxies in front of a manager cut what brought nothing for 60 s, and less. Nobody who is logged
// in notices, typing or not, and the manager neither: its stream stays the same, too.
func TestAnHourBehindAProxyThatCuts(t *testing.T) {
	for _, m := range []mode{apiMode, webMode} {
		t.Run(string(m), func(t *testing.T) {
			onStage(t, m, backendaitest.Options{ProxyCut: 59 * time.Second}, 1, func(s *stage) {
				shell := s.logIn(s.manager.Sessions()[0])
				s.pass(time.Second)
				from := time.Now()
				s.pass(time.Hour)
				s.lives(shell)
				s.quiet(from)
			})
		})
	}
}

// A web server keeps from us that the manager's side of a tunnel has ended, and answers
// pings in its name. An ssh server that used to speak each 15 s, and does not any more, is
// what gives it away: the shell ends, and status says why.
func TestAWebServerThatKeepsTheEndToItself(t *testing.T) {
	onStage(t, webMode, backendaitest.Options{}, 1, func(s *stage) {
		session := s.manager.Sessions()[0]
		shell := s.logIn(session)
		if _, err := shell.NewSession(); err != nil { // from now on the ssh server speaks by itself
			s.Fatal(err)
		}
		s.pass(10 * time.Minute)
		s.lives(shell)
		s.manager.Down()
		if err := s.manager.Up(); err != nil {
			s.Fatal(err)
		}
		s.pass(2 * time.Minute)
		select {
		case <-shell.ended:
		default:
			s.Error("the shell of a dead tunnel lives on")
		}
		h, _ := s.engine.Status(s.Context(), 0).Host(session.ID())
		if h.Cut == nil || !strings.Contains(h.Cut.Reason, "nothing came from session") {
			s.Errorf("status says %+v", h.Cut)
		}
		if n := s.manager.WebTunnels(); n != 0 {
			s.Errorf("%d tunnels are open at the web server", n)
		}
		s.lives(s.logIn(session))
	})
}

// lives wants an answer of a shell.
func (s *stage) lives(sh *shell) {
	s.Helper()
	select {
	case <-sh.ended:
		s.Error("the shell has ended")
	default:
		if _, _, err := sh.SendRequest("are you there", true, nil); err != nil {
			s.Error(err)
		}
	}
}
