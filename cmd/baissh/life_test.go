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
			w.create(demoSpec)
			running := time.Now()
			w.ready("bai-demo")
			took := time.Since(running)
			w.good(w.ssh("bai-demo", "true"))
			t.Logf("ready after %s", took)
			if took > answerLimit && os.Getenv("CI") == "" {
				t.Errorf("it took %s from RUNNING to ready", took)
			}
		})
	}
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
	if err := w.manager.Sessions()[0].Restart(); err != nil {
		t.Fatal(err)
	}
	now := w.host("bai-demo", func(h state.Host) bool { return h.State == state.Ready && h.HostKey != before.HostKey })
	w.good(w.ssh("bai-demo", "true"))
	if now.Port != before.Port {
		t.Errorf("port %d, before %d", now.Port, before.Port)
	}
}

func TestARenamedSessionAnswersToItsNewName(t *testing.T) {
	need(t, "ssh")
	w := newWorld(t, backendaitest.Options{}, demoSpec)
	before := w.ready("bai-demo")
	w.manager.Sessions()[0].Rename("renamed")
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
