package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"baissh/proxy/backendai/backendaitest"
	"baissh/proxy/state"
)

// answerLimit is how soon after its RUNNING event a session answers.
const answerLimit = time.Second

// Every release tells of a start in its own way, and some do not.
func TestANewSessionAnswersWithinASecond(t *testing.T) {
	need(t, "ssh")
	for _, release := range backendaitest.Releases() {
		t.Run(release, func(t *testing.T) {
			w := newWorld(t, backendaitest.Options{Release: release})
			w.until("connected", func(s *state.Snapshot) bool { return len(s.Profiles) == 1 && s.Profiles[0].State == "connected" })
			w.eventually("the event stream is open", func() bool { return w.manager.EventStreams() == 1 })
			for _, name := range []string{"demo", "second", "third"} {
				if w.readySoon(name) {
					return
				}
			}
			if os.Getenv("CI") == "" {
				t.Error("no session of three answered within a second of RUNNING")
			}
		})
	}
}

// readySoon creates a session, and reports whether it answers in time. A machine that is
// busy may be slow at times; we are slow each time.
func (w *world) readySoon(name string) bool {
	w.Helper()
	w.create(backendaitest.SessionSpec{Name: name})
	running := time.Now()
	w.ready("bai-" + name)
	took := time.Since(running)
	w.good(w.ssh("bai-"+name, "true"))
	w.Logf("ready after %s", took)
	return took <= answerLimit
}

// A client that comes too early is held, and served once the session runs.
func TestAClientOfASessionOnItsWayIsHeld(t *testing.T) {
	need(t, "ssh")
	w := newWorld(t, backendaitest.Options{})
	session := w.create(backendaitest.SessionSpec{Name: "demo", Status: "PREPARING"})
	w.host("bai-demo", func(h state.Host) bool { return h.State == state.Starting && h.Port != 0 })
	w.eventually("the alias is written", func() bool { return strings.Contains(w.text(".ssh", "bai", "config"), "Host bai-demo\n") })
	early := make(chan result, 1)
	go func() { early <- w.ssh("bai-demo", "id -un") }()
	w.host("bai-demo", func(h state.Host) bool { return h.Connections == 1 })
	if err := session.Run(); err != nil {
		t.Fatal(err)
	}
	if got := strings.TrimSpace(w.good(<-early)); got != me(t) {
		t.Errorf("the client that was held got %q, want %q", got, me(t))
	}
}

func TestAnEndedSessionLeavesNothing(t *testing.T) {
	need(t, "ssh")
	w := newWorld(t, backendaitest.Options{}, demoSpec, backendaitest.SessionSpec{Name: "other"})
	w.ready("bai-demo")
	w.ready("bai-other")
	w.manager.Sessions()[0].End()
	w.gone("bai-demo")
	for _, file := range []string{"config", "known_hosts"} {
		w.eventually("no word of it in "+file, func() bool { return !strings.Contains(w.text(".ssh", "bai", file), "bai-demo") })
		if !strings.Contains(w.text(".ssh", "bai", file), "bai-other") {
			t.Errorf("the other session is not in %s any more", file)
		}
	}
	if _, err := os.Stat(filepath.Join(w.home.SSH(), "bai", "keys", "bai-demo")); err == nil {
		t.Error("its key is still there")
	}
	if r := w.ssh("bai-demo", "true"); !strings.Contains(r.complaint, "Could not resolve hostname bai-demo") {
		t.Errorf("ssh says %q", r.complaint)
	}
}

func TestASessionMadeAnewNeedsNoAction(t *testing.T) {
	need(t, "ssh")
	for _, key := range []backendaitest.KeyForm{backendaitest.KeyPEM, backendaitest.KeyOpenSSH, backendaitest.KeyTar} {
		w := newWorld(t, backendaitest.Options{}, backendaitest.SessionSpec{Name: "demo", Key: key})
		before := w.ready("bai-demo")
		w.good(w.ssh("bai-demo", "true"))
		w.manager.Sessions()[0].End()
		w.create(backendaitest.SessionSpec{Name: "demo", Key: key})
		now := w.host("bai-demo", func(h state.Host) bool { return h.State == state.Ready && h.SessionID != before.SessionID })
		w.good(w.ssh("bai-demo", "true"))
		if now.Port != before.Port || now.HostKey == before.HostKey {
			t.Errorf("port %d and host key %s; before %d and %s", now.Port, now.HostKey, before.Port, before.HostKey)
		}
	}
}

func TestARestartedSessionNeedsNoAction(t *testing.T) {
	need(t, "ssh")
	w := newWorld(t, backendaitest.Options{}, demoSpec)
	before := w.ready("bai-demo")
	session := w.manager.Sessions()[0]
	if err := session.Restart(); err != nil {
		t.Fatal(err)
	}
	now := w.host("bai-demo", hasKeyOf(session))
	w.good(w.ssh("bai-demo", "true"))
	if now.Port != before.Port {
		t.Errorf("port %d, before %d", now.Port, before.Port)
	}
}

// hasKeyOf is a host that is ready with the host key that the session has now. In
// newer releases a restart leaves that as it was.
func hasKeyOf(session *backendaitest.Session) func(state.Host) bool {
	return func(h state.Host) bool { return h.State == state.Ready && h.HostKey == session.HostKey() }
}

func TestARenamedSessionAnswersToItsNewName(t *testing.T) {
	need(t, "ssh")
	w := newWorld(t, backendaitest.Options{}, demoSpec)
	before := w.ready("bai-demo")
	w.rename(w.manager.Sessions()[0], "renamed")
	w.baissh("", "reload")
	now := w.ready("bai-renamed")
	w.eventually("its key has moved", func() bool { return w.text(".ssh", "bai", "keys", "bai-renamed") != "" })
	w.good(w.ssh("bai-renamed", "true"))
	if now.Port != before.Port {
		t.Errorf("port %d, before %d", now.Port, before.Port)
	}
}

func TestPortsAndAliasesOutliveTheEngine(t *testing.T) {
	need(t, "ssh")
	w := newWorld(t, backendaitest.Options{}, demoSpec, backendaitest.SessionSpec{Name: "other"})
	demo, other := w.ready("bai-demo"), w.ready("bai-other")
	w.stop()
	w.manager.Down()
	w.start()
	// The manager has not answered, and cannot: what is known comes from the state.
	again := w.host("bai-demo", func(h state.Host) bool { return h.State == state.Waiting })
	if again.Port != demo.Port {
		t.Errorf("port %d, before %d", again.Port, demo.Port)
	}
	if err := w.manager.Up(); err != nil {
		t.Fatal(err)
	}
	if now := w.ready("bai-other"); now.Port != other.Port || now.HostKey != other.HostKey {
		t.Errorf("now %+v, before %+v", now, other)
	}
	w.good(w.ssh("bai-demo", "true"))
}

// A session that ended while nobody looked is found out by its id.
func TestASessionThatEndedWhileTheEngineWasOff(t *testing.T) {
	w := newWorld(t, backendaitest.Options{}, demoSpec)
	w.ready("bai-demo")
	w.stop()
	w.manager.Sessions()[0].End()
	w.start()
	w.gone("bai-demo")
	w.eventually("no word of it is left", func() bool { return !strings.Contains(w.text(".ssh", "bai", "config"), "bai-demo") })
}

// A lost key pair is told, and a new one is taken without a restart.
func TestSigningInAgainIsTakenAtOnce(t *testing.T) {
	need(t, "ssh")
	w := newWorld(t, backendaitest.Options{}, demoSpec)
	w.ready("bai-demo")
	access, _ := w.manager.KeyPair()
	w.manager.ExpireKeyPair(access)
	w.baissh("", "reload")
	w.until("signed out", func(s *state.Snapshot) bool { return s.Profiles[0].State == "signed-out" })
	if got := w.text(".ssh", "bai", "config"); !strings.Contains(got, "Host bai-demo\n") {
		t.Error("the entry went with the key pair")
	}
	w.manager.ReviveKeyPair(access)
	w.signIn()
	w.ready("bai-demo")
	w.good(w.ssh("bai-demo", "true"))
}

// An ssh server may be up a moment after its session. Who comes in between is
// held, not sent away.
func TestTheFirstProbeMayFail(t *testing.T) {
	need(t, "ssh")
	w := newWorld(t, backendaitest.Options{})
	w.until("connected", func(s *state.Snapshot) bool { return len(s.Profiles) == 1 && s.Profiles[0].State == "connected" })
	w.manager.Inject(backendaitest.Fault{At: backendaitest.Tunnel, Kind: backendaitest.RefuseSSH, Times: 3})
	w.create(demoSpec)
	w.host("bai-demo", func(h state.Host) bool { return h.Port != 0 })
	w.eventually("the alias is written", func() bool { return strings.Contains(w.text(".ssh", "bai", "config"), "Host bai-demo\n") })
	w.good(w.ssh("bai-demo", "true"))
}

// Trouble with the login is for those who are yet to come. A shell goes on.
func TestAShellOutlivesTheLogin(t *testing.T) {
	need(t, "ssh")
	w := newWorld(t, backendaitest.Options{}, demoSpec)
	w.ready("bai-demo")
	shell := w.openShell("bai-demo")
	secrets := filepath.Join(w.home.Config, "secrets.json")
	if err := os.Rename(secrets, secrets+"~"); err != nil {
		t.Fatal(err)
	}
	access, _ := w.manager.KeyPair()
	w.manager.ExpireKeyPair(access)
	w.baissh("", "reload")
	w.until("signed out", func(s *state.Snapshot) bool { return s.Profiles[0].State == "signed-out" })
	w.baissh("", "reload")
	w.until("without a secret", func(s *state.Snapshot) bool { return strings.Contains(s.Profiles[0].Reason, "secret key") })
	shell.say("still here")
	shell.hear("still here")
}

// From 26.4 on the UUID of an ended session leads into its namesake. Nobody may
// meet that one's host key before it is pinned.
func TestNobodyMeetsANamesakesHostKey(t *testing.T) {
	need(t, "ssh")
	w := newWorld(t, backendaitest.Options{Release: "26.9"}, demoSpec)
	w.ready("bai-demo")
	for range 3 {
		slow := w.manager.Inject(backendaitest.Fault{At: backendaitest.List, Kind: backendaitest.SlowBody, Delay: time.Millisecond})
		w.manager.Sessions()[len(w.manager.Sessions())-1].End()
		id := w.create(demoSpec).ID()
		// It gets the new session, or hears that the old one is no more, in whichever
		// words are true just then. But ssh has nothing to say of a host key.
		if r := w.ssh("bai-demo", "true"); strings.Contains(r.complaint, "IDENTIFICATION") || strings.Contains(r.complaint, "erification") {
			t.Errorf("ssh said %q", r.complaint)
		}
		slow()
		w.host("bai-demo", func(h state.Host) bool { return h.State == state.Ready && h.SessionID == id })
		w.good(w.ssh("bai-demo", "true"))
	}
}

// Who comes by the port of a session that has ended is told so, also while a namesake runs
// that has no ssh: nobody asks for a tunnel by the old UUID, which from 26.4 on would lead
// into the namesake.
func TestNobodyIsLedIntoANamesake(t *testing.T) {
	need(t, "ssh", "plink")
	for _, release := range []string{"26.4", "26.9"} {
		t.Run(release, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, backendaitest.Options{Release: release}, demoSpec)
			h := w.ready("bai-demo")
			w.keepConfig()
			w.manager.Sessions()[0].End()
			w.gone("bai-demo")
			tunnels := func() int { return w.manager.Count("GET /stream/session/" + h.SessionID + "/tcpproxy") }
			before := tunnels()
			w.baissh("", "policy", "manual")
			namesake := w.create(demoSpec)
			w.host(namesake.ID(), func(h state.Host) bool { return h.State == state.Disabled })
			for i := range 3 {
				w.wantTold(troubles["session ended"], w.client30(i, h))
			}
			if n := tunnels() - before; n != 0 {
				t.Errorf("%d tunnels were asked for by the id of the session that has ended", n)
			}
			w.baissh("", "enable", "bai-demo")
			if now := w.ready("bai-demo"); now.Port != h.Port || now.SessionID != namesake.ID() {
				t.Errorf("session %s on port %d, want %s on %d", now.SessionID, now.Port, namesake.ID(), h.Port)
			}
			w.good(w.ssh("bai-demo", "true"))
		})
	}
}

// A session of another key pair, with the alias of one before: its predecessor's
// key must not be taken for its own.
func TestASessionWithAnotherKeyTakesAnAlias(t *testing.T) {
	need(t, "ssh")
	w := newWorld(t, backendaitest.Options{}, backendaitest.SessionSpec{Name: "demo", Key: backendaitest.KeyOpenSSH})
	w.ready("bai-demo")
	w.stop() // so that one list tells of the end and of the successor
	w.manager.Sessions()[0].End()
	if err := w.manager.RenewSSHKey(); err != nil {
		t.Fatal(err)
	}
	session := w.create(backendaitest.SessionSpec{Name: "demo", Key: backendaitest.KeyOpenSSH, Status: "PREPARING"})
	w.start()
	w.host("bai-demo", func(h state.Host) bool { return h.State == state.Starting && h.SessionID == session.ID() })
	early := make(chan result, 1)
	go func() { early <- w.ssh("bai-demo", "true") }()
	w.host("bai-demo", func(h state.Host) bool { return h.Connections == 1 })
	if err := session.Run(); err != nil {
		t.Fatal(err)
	}
	w.good(<-early)
}

// A container that is the same and shows another host key is refused, in words,
// and shown; only a person can have the new key trusted.
func TestAnotherHostKeyIsRefusedAndShown(t *testing.T) {
	need(t, "ssh", "plink")
	w := newWorld(t, backendaitest.Options{}, demoSpec)
	before := w.ready("bai-demo")
	if err := w.manager.Sessions()[0].ReplaceHostKey(); err != nil {
		t.Fatal(err)
	}
	tr := trouble{says: []string{"the host key of session demo changed while its container did not", "baissh enable demo"}}
	w.keepConfig()
	for i := range 2 {
		w.wantTold(tr, w.client30(i, before))
	}
	if r := w.client30(2, before); r.err == nil { // plink expects no words at this point, and ends at them
		t.Errorf("plink went on: %q", r.complaint)
	}
	h := w.host("bai-demo", func(h state.Host) bool { return h.State == state.Failed })
	if h.HostKey != before.HostKey || !strings.Contains(h.Reason, "host key") {
		t.Errorf("pinned %s, was %s: %s", h.HostKey, before.HostKey, h.Reason)
	}
	w.baissh("", "enable", "bai-demo")
	w.host("bai-demo", func(h state.Host) bool { return h.State == state.Ready && h.HostKey != before.HostKey })
	w.good(w.ssh("bai-demo", "true"))
}

// Why an open shell was cut cannot be said in it, so status and info say it.
func TestWhyAShellWasCut(t *testing.T) {
	need(t, "ssh")
	w := newWorld(t, backendaitest.Options{}, demoSpec, backendaitest.SessionSpec{Name: "other"})
	w.ready("bai-demo")
	w.ready("bai-other")
	w.good(w.ssh("bai-other", "true")) // who logs out is not cut
	w.host("bai-other", func(h state.Host) bool { return h.Connections == 0 })
	w.openShell("bai-demo")
	if err := w.manager.Sessions()[0].Restart(); err != nil {
		t.Fatal(err)
	}
	if err := w.manager.Sessions()[1].Restart(); err != nil {
		t.Fatal(err)
	}
	h := w.host("bai-demo", func(h state.Host) bool { // its ssh server's end comes first, and is all that is known for a moment
		return h.Cut != nil && h.State == state.Ready && strings.Contains(h.Cut.Reason, "session demo was restarted")
	})
	if h.Cut.Connections != 1 {
		t.Errorf("the cut is %+v", h.Cut)
	}
	if out := w.baissh("", "status"); !strings.Contains(out, "an open connection was ended, because session demo was restarted") {
		t.Errorf("status says\n%s", out)
	}
	if h := w.host("bai-other", func(h state.Host) bool { return h.State == state.Ready }); h.Cut != nil {
		t.Errorf("nobody was cut there: %+v", h.Cut)
	}
}
