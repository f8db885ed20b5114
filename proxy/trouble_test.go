package proxy

import (
	"bufio"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	"baissh/proxy/backendai"
	"baissh/proxy/backendai/backendaitest"
	"baissh/proxy/state"
)

// neighbour is another machine of the same user's, with whom all limits are shared.
func (s *stage) neighbour() *backendai.Client {
	s.Helper()
	access, secret := s.manager.KeyPair()
	c, err := backendai.New(backendai.Config{
		Endpoint: s.manager.URL(), Keys: backendai.KeyPair{AccessKey: access, SecretKey: secret}, Dial: s.network.DialContext,
	})
	if err != nil {
		s.Fatal(err)
	}
	s.Cleanup(c.Close)
	return c
}

// Another machine has used up what may be asked for. The engine asks a few times, and less
// and less often, or not before the time that the manager says; who is logged in stays so;
// and after the 15 minutes all is well by itself: also where each call counts for 15 minutes,
// the refused ones too, so that who kept asking would never be let in again.
func TestALimitThatAnotherMachineUsesUp(t *testing.T) {
	for release, most := range map[string]int{"22.03": 8, "23.09.10": 8, "26.8": 8, "26.9": 2} {
		t.Run(release, func(t *testing.T) {
			onStage(t, apiMode, backendaitest.Options{Release: release, RateLimit: 100}, 1, func(s *stage) {
				shell := s.logIn(s.manager.Sessions()[0])
				for other := s.neighbour(); ; {
					if _, err := other.Sessions(s.Context()); backendai.KindOf(err) == backendai.Limited {
						break
					}
				}
				s.pass(10 * time.Minute)
				if n := s.refused(); n < 1 || n > most {
					s.Errorf("asked %d times within ten minutes, want at most %d", n, most)
				}
				if p := s.engine.Status(s.Context(), 0).Profiles[0]; !strings.Contains(p.Reason, "limits the number of requests") {
					s.Errorf("the profile is %+v", p)
				}
				s.lives(shell)
				s.pass(20 * time.Minute)
				if p := s.engine.Status(s.Context(), 0).Profiles[0]; p.State != "connected" {
					s.Errorf("the profile is %+v", p)
				}
				s.lives(shell)
				s.lives(s.logIn(s.manager.Sessions()[0]))
			})
		})
	}
}

// refused is how many of the engine's requests were too many.
func (s *stage) refused() (n int) {
	for _, r := range s.manager.Requests() {
		if r.Status == 429 {
			n++
		}
	}
	return n - 1 // the neighbour's
}

// However many clients come at a time: no more log in at once than the ssh server takes,
// with one place left for another machine, and all get in.
func TestManyLogInAFewAtATime(t *testing.T) {
	onStage(t, apiMode, backendaitest.Options{}, 1, func(s *stage) {
		session := s.manager.Sessions()[0]
		var all sync.WaitGroup
		for range 24 {
			all.Go(func() { s.logIn(session) })
		}
		all.Wait()
		if c := session.Connections(); c.MostBefore > maxLogins || c.HungUpOn > 0 || c.Open != 24 || c.BeforeLogin != 0 {
			s.Errorf("at the ssh server: %+v", c)
		}
	})
}

// Who leaves before it has logged in takes no place at the ssh server, even where the
// manager does not tell it: the probe, clients who go away at their greeting, and those who
// go later.
func TestWhoLeavesTakesNoPlace(t *testing.T) {
	for _, m := range []mode{apiMode, webMode} {
		t.Run(string(m), func(t *testing.T) {
			onStage(t, m, backendaitest.Options{ForgetsSSH: true}, 1, func(s *stage) {
				session := s.manager.Sessions()[0]
				for n := range 2 * maxLogins {
					conn := s.connect(session)
					fmt.Fprint(conn, "SSH-2.0-client\r\n")
					if n%2 == 1 {
						bufio.NewReader(conn).ReadString('\n')
					}
					conn.Close()
					s.pass(time.Second)
				}
				s.lives(s.logIn(session))
				if c := session.Connections(); c.HungUpOn > 0 || c.BeforeLogin != 0 {
					s.Errorf("at the ssh server: %+v", c)
				}
			})
		})
	}
}

// Those who wait for others are not sent away while these get in, however long it takes:
// a manager of 23.09 opens tunnels one by one. Clients who would not wait for so long are
// greeted meanwhile.
func TestTheQueueWaitsWhileItMoves(t *testing.T) {
	const clients, each = 32, 1700 * time.Millisecond // of which four are more than a dial may take
	onStage(t, apiMode, backendaitest.Options{}, 1, func(s *stage) {
		session := s.manager.Sessions()[0]
		s.manager.Inject(backendaitest.Fault{At: backendaitest.Tunnel, Kind: backendaitest.BusyAgent, Delay: each})
		before, begun := s.manager.TunnelsOpened(), time.Now()
		var all sync.WaitGroup
		for range clients {
			all.Go(func() { s.logIn(session) })
		}
		all.Wait()
		if took := time.Since(begun); took < clients*each || took > clients*each+5*time.Second {
			s.Errorf("all were in after %s", took)
		}
		if n := s.manager.TunnelsOpened() - before; n != clients {
			s.Errorf("%d tunnels for %d clients", n, clients)
		}
	})
}

// A queue that stands still is told so as soon as who is alone.
func TestTheQueueOfASilentServer(t *testing.T) {
	onStage(t, apiMode, backendaitest.Options{}, 1, func(s *stage) {
		session := s.manager.Sessions()[0]
		s.manager.Inject(backendaitest.Fault{At: backendaitest.Tunnel, Kind: backendaitest.SilentTunnel})
		came := time.Now()
		var all sync.WaitGroup
		for range 3 * maxLogins {
			all.Go(func() {
				_, err := s.tryLogIn(session)
				if took := time.Since(came); err == nil || !strings.Contains(err.Error(), "did not answer in time") || took > 12*time.Second {
					s.Errorf("after %s: %v", took, err)
				}
			})
		}
		all.Wait()
	})
}

// Five who do not log in keep all others out, and those are told that the ssh server is
// busy. For the engine it is busy and not broken: it tries again, more and more rarely.
func TestFullIsBusyAndNotBroken(t *testing.T) {
	for _, release := range []string{"23.09.10", "26.9"} { // the sixth hears a FIN, or 1001
		t.Run(release, func(t *testing.T) {
			onStage(t, apiMode, backendaitest.Options{Release: release}, 0, func(s *stage) {
				s.choose(state.Manual) // so that the engine does not come before the five
				session := s.create("crowded")
				var waiting []io.Closer
				for range 5 {
					waiting = append(waiting, s.waitsAt(session))
				}
				s.choose(state.Auto)
				s.pass(4 * time.Minute)
				if n := session.Connections().HungUpOn; n < 3 || n > 16 {
					s.Errorf("tried %d times in four minutes", n)
				}
				h, _ := s.engine.Status(s.Context(), 0).Host(session.ID())
				if h.State == state.Ready || !strings.Contains(h.Reason, "takes no more log-ins at the moment") {
					s.Errorf("it is %s: %s", h.State, h.Reason)
				}
				waiting[0].Close()
				s.pass(2 * time.Minute)
				s.ready(1)
				s.lives(s.logIn(session))
			})
		})
	}
}

func (s *stage) choose(p state.Policy) {
	s.Helper()
	if err := s.engine.SetPolicy(s.Context(), p); err != nil {
		s.Fatal(err)
	}
}

// waitsAt opens a tunnel to a session's ssh server, and says nothing.
func (s *stage) waitsAt(session *backendaitest.Session) io.Closer {
	s.Helper()
	conn, err := s.neighbour().Dial(s.Context(), session.ID())
	if err != nil {
		s.Fatal(err)
	}
	greeting := make([]byte, 8)
	if _, err := io.ReadFull(conn, greeting); err != nil {
		s.Fatal(err)
	}
	s.Cleanup(func() { conn.Close() })
	return conn
}

// A restart that moves a session's ports, which the manager does not notice: each tunnel
// is closed with 1013, for good. It is said, and tried more and more rarely; who comes is
// told, and it is tried at once.
func TestARestartThatMovesThePorts(t *testing.T) {
	onStage(t, apiMode, backendaitest.Options{}, 1, func(s *stage) {
		session := s.manager.Sessions()[0]
		moved := s.manager.Inject(backendaitest.Fault{At: backendaitest.Tunnel, Kind: backendaitest.RefuseSSH, Session: session})
		if err := session.Restart(); err != nil {
			s.Fatal(err)
		}
		before := s.manager.TunnelsOpened()
		s.pass(2 * time.Hour)
		if n := s.manager.TunnelsOpened() - before; n < 10 || n > 25 {
			s.Errorf("%d probes in two hours", n)
		}
		h, _ := s.engine.Status(s.Context(), 0).Host(session.ID())
		if h.State == state.Ready || !strings.Contains(h.Reason, "the ssh server of session idle-0 does not accept connections") {
			s.Errorf("it is %s: %s", h.State, h.Reason)
		}
		moved()
		s.lives(s.logIn(session))
		s.pass(time.Second) // the Snapshot comes last
		s.ready(1)
	})
}

// A restart that moves a session's ports, of which another session has got the former
// ones: the manager's tunnel leads to that one. Nobody gets into the wrong container, and
// when the way is right again all is well.
func TestARestartThatLeadsAstray(t *testing.T) {
	onStage(t, apiMode, backendaitest.Options{}, 2, func(s *stage) {
		session, other := s.manager.Sessions()[0], s.manager.Sessions()[1]
		right := s.manager.Inject(backendaitest.Fault{At: backendaitest.Tunnel, Kind: backendaitest.LeadAstray, Session: session, To: other})
		if err := session.Restart(); err != nil {
			s.Fatal(err)
		}
		s.pass(2 * time.Minute)
		const says = "the manager leads to bai-default-idle-1 in the place of session idle-0"
		h, _ := s.engine.Status(s.Context(), 0).Host(session.ID())
		if h.State == state.Ready || !strings.Contains(h.Reason, says) {
			s.Errorf("it is %s: %s", h.State, h.Reason)
		}
		if _, err := s.tryLogIn(session); err == nil || !strings.Contains(err.Error(), says) {
			s.Errorf("who comes is told %v", err)
		}
		s.lives(s.logIn(other))
		right()
		s.pass(probeRest)
		s.ready(2)
		s.lives(s.logIn(session))
	})
}

// "baissh reload" tries at once what waits for a retry. Called faster than the manager
// answers, it does not keep it from being answered.
func TestReloadInAHurry(t *testing.T) {
	onStage(t, apiMode, backendaitest.Options{}, 1, func(s *stage) {
		s.manager.Down()
		s.pass(2 * time.Minute)
		if err := s.manager.Up(); err != nil {
			s.Fatal(err)
		}
		for _, at := range []backendaitest.Endpoint{backendaitest.Hello, backendaitest.List} {
			s.manager.Inject(backendaitest.Fault{At: at, Kind: backendaitest.SlowBody, Delay: 5 * time.Millisecond})
		}
		for range 60 {
			if err := s.engine.Reload(s.Context()); err != nil {
				s.Fatal(err)
			}
			s.pass(200 * time.Millisecond)
		}
		if p := s.engine.Status(s.Context(), 0).Profiles[0]; p.State != "connected" {
			s.Errorf("the profile is %+v", p)
		}
	})
}

// An agent that is dead: the manager says so after five seconds, or nothing for ever. Who
// comes is told within his patience, who is logged in stays so, and when the agent is back
// all is well.
func TestADeadAgent(t *testing.T) {
	for release, says := range map[string]string{"23.09.10": "is in trouble (status 500)", "26.9": "session idle-0 did not answer in time"} {
		t.Run(release, func(t *testing.T) {
			onStage(t, apiMode, backendaitest.Options{Release: release}, 1, func(s *stage) {
				session := s.manager.Sessions()[0]
				shell := s.logIn(session)
				back := s.manager.Inject(backendaitest.Fault{At: backendaitest.Tunnel, Kind: backendaitest.DeadAgent})
				came := time.Now()
				_, err := s.tryLogIn(session)
				if took := time.Since(came); err == nil || !strings.Contains(err.Error(), says) || took > 12*time.Second {
					s.Errorf("after %s: %v", took, err)
				}
				s.pass(time.Hour)
				s.lives(shell)
				if r := s.hostOf(session).Refusal; r == nil || !strings.Contains(r.Reason, says) {
					s.Errorf("what was told is not kept: %+v", r)
				}
				back()
				s.lives(s.logIn(session))
				s.pass(time.Second)
				if r := s.hostOf(session).Refusal; r != nil {
					s.Errorf("it is kept although somebody got in: %+v", r)
				}
				s.forgottenByRestart(session)
			})
		})
	}
}

// forgottenByRestart wants what was told of a container to be kept no longer than it.
func (s *stage) forgottenByRestart(session *backendaitest.Session) {
	s.Helper()
	s.manager.Inject(backendaitest.Fault{At: backendaitest.Tunnel, Kind: backendaitest.DeadAgent})
	if _, err := s.tryLogIn(session); err == nil {
		s.Error("somebody got in")
	}
	s.pass(time.Second)
	told := s.hostOf(session).Refusal
	if err := session.Restart(); err != nil {
		s.Fatal(err)
	}
	s.pass(time.Minute)
	if r := s.hostOf(session).Refusal; told == nil || r != nil {
		s.Errorf("before the restart it was %+v, after it %+v", told, r)
	}
}
