package main

import (
	"strings"
	"testing"

	"baissh/proxy/backendai/backendaitest"
	"baissh/proxy/state"
)

// still fails unless the shell is connected.
func (s *openShell) still(when string) {
	s.Helper()
	s.say("still here when " + when)
	s.hear("still here when " + when)
}

// hostOf waits for the host of a session that is as it should be.
func (w *world) hostOf(session *backendaitest.Session, good func(state.Host) bool) state.Host {
	w.Helper()
	return w.host(session.ID(), good)
}

func isReady(h state.Host) bool { return h.State == state.Ready }

// Each of two sessions of one name has its alias and port until it ends itself,
// whatever becomes of the other, of the engine, or of its name. That there are two, the
// newer releases refuse, as the oldest do.
func TestTwoSessionsOfOneName(t *testing.T) {
	need(t, "ssh")
	for _, release := range []string{"23.03", "23.09.10", "23.09.11", "24.03", "24.09", "25.6"} {
		t.Run(release, func(t *testing.T) { twoSessionsOfOneName(t, release) })
	}
}

func twoSessionsOfOneName(t *testing.T, release string) {
	w := newQuietWorld(t, backendaitest.Options{Release: release}, demoSpec)
	w.ownPorts()
	w.start()
	first := w.ready("bai-demo")
	twin := w.create(demoSpec)
	second := w.hostOf(twin, isReady)
	if second.Alias == first.Alias || second.Port == first.Port {
		t.Fatalf("the first has %s on %d, the second %s on %d", first.Alias, first.Port, second.Alias, second.Port)
	}
	shell := w.openShell(second.Alias)
	w.manager.Sessions()[0].End()
	w.gone("bai-demo")
	shell.still("the first ended")
	successor := w.create(demoSpec)
	now := w.hostOf(successor, isReady)
	if now.Alias != first.Alias || now.Port != first.Port {
		t.Errorf("the successor has %s on %d, the first had %s on %d", now.Alias, now.Port, first.Alias, first.Port)
	}
	w.stop()
	w.start()
	w.hostOf(successor, func(h state.Host) bool { return isReady(h) && h.Alias == now.Alias && h.Port == now.Port })
	w.hostOf(twin, func(h state.Host) bool { return isReady(h) && h.Alias == second.Alias && h.Port == second.Port })

	shells := []*openShell{w.openShell(first.Alias), w.openShell(second.Alias)}
	w.rename(twin, "other")
	w.baissh("", "reload")
	if h := w.ready("bai-other"); h.SessionID != twin.ID() || h.Port != second.Port || h.Connections != 1 {
		t.Errorf("renamed, it is %+v", h)
	}
	if h := w.ready("bai-demo"); h.SessionID != successor.ID() || h.Port != now.Port || h.Connections != 1 {
		t.Errorf("the one that was not renamed is %+v", h)
	}
	for _, s := range shells {
		s.still("one was renamed")
	}
}

func (w *world) rename(s *backendaitest.Session, name string) {
	w.Helper()
	if err := s.Rename(name); err != nil {
		w.Fatal(err)
	}
}

// Two sessions take each other's names, in one list's time, and a third that of one which has ended.
func TestNamesThatGoRound(t *testing.T) {
	need(t, "ssh")
	var specs []backendaitest.SessionSpec
	for _, name := range []string{"one", "two", "old", "three"} {
		specs = append(specs, backendaitest.SessionSpec{Name: name})
	}
	w := newWorld(t, backendaitest.Options{}, specs...)
	one, two, three := w.ready("bai-one"), w.ready("bai-two"), w.ready("bai-three")
	w.ready("bai-old")
	shells := []*openShell{w.openShell("bai-one"), w.openShell("bai-two"), w.openShell("bai-three")}
	w.manager.Sessions()[2].End()
	w.gone("bai-old")
	w.rename(w.manager.Sessions()[0], "between")
	w.rename(w.manager.Sessions()[1], "one")
	w.rename(w.manager.Sessions()[0], "two")
	w.rename(w.manager.Sessions()[3], "old")
	w.baissh("", "reload")
	for alias, was := range map[string]state.Host{"bai-two": one, "bai-one": two, "bai-old": three} {
		h := w.host(alias, func(h state.Host) bool { return isReady(h) && h.SessionID == was.SessionID })
		if h.Alias == alias && (h.Port == was.Port) && h.Connections == 1 {
			continue
		}
		t.Errorf("%s was %s on %d, and is %+v", alias, was.Alias, was.Port, h)
	}
	for _, s := range shells {
		s.still("its session was renamed")
	}
	w.eventually("the keys have moved", func() bool { return w.text(".ssh", "bai", "keys", "bai-old") != "" })
	for _, alias := range []string{"bai-one", "bai-two", "bai-old"} {
		w.good(w.ssh(alias, "true"))
	}
}

// A row that a page leaves out and a status that nobody has heard of end nothing;
// TERMINATED, said of the id, does.
func TestOnlyALookUpByIDEndsASession(t *testing.T) {
	need(t, "ssh")
	w := newWorld(t, backendaitest.Options{}, demoSpec)
	before := w.ready("bai-demo")
	session := w.manager.Sessions()[0]
	shell := w.openShell("bai-demo")
	lookUp := func() {
		t.Helper()
		asked := w.manager.Count("GET /session/*")
		w.baissh("", "reload")
		w.eventually("it is looked up", func() bool { return w.manager.Count("GET /session/*") > asked })
	}

	session.Hide(true)
	lookUp()
	lookUp() // by then, what came of the first one holds
	if now := w.ready("bai-demo"); now.Port != before.Port || now.Connections != 1 {
		t.Errorf("without a row it is %+v", now)
	}
	w.good(w.ssh("bai-demo", "true"))

	session.Hide(false)
	session.SetStatus("MIGRATING")
	w.baissh("", "reload")
	h := w.host("bai-demo", func(h state.Host) bool { return h.State == state.Starting })
	if h.Port != before.Port || !strings.Contains(h.Reason, "MIGRATING") {
		t.Errorf("with a new word for its status it is %+v", h)
	}
	if !strings.Contains(w.text(".ssh", "bai", "config"), "Host bai-demo\n") {
		t.Error("its entry is gone")
	}
	shell.still("its status is a new word")
	session.SetStatus("TERMINATING")
	w.baissh("", "reload")
	h = w.host("bai-demo", func(h state.Host) bool { return h.State == state.Over })
	if h.Port != before.Port || h.Reason != "session demo is ending" {
		t.Errorf("while it ends it is %+v", h)
	}
	session.SetStatus("RUNNING")
	w.baissh("", "reload")
	w.ready("bai-demo")

	session.Hide(true)
	session.SetStatus("TERMINATED")
	w.baissh("", "reload")
	w.gone("bai-demo")
	w.eventually("its entry is gone", func() bool { return !strings.Contains(w.text(".ssh", "bai", "config"), "bai-demo") })
}
