package main

import (
	"strings"
	"testing"

	"baissh/proxy/backendai/backendaitest"
	"baissh/proxy/state"
)

// The manager is away, and comes back with everything changed. Until then nothing goes,
// ssh and status say why; afterwards all is as it should be, without a hand.
// How soon it is found is tested where ten minutes can be played: TestAManagerThatIsBackIsFound.
func TestTheManagerIsAwayAndAllHasChanged(t *testing.T) {
	need(t, "ssh")
	named := func(name string) backendaitest.SessionSpec { return backendaitest.SessionSpec{Name: name} }
	w := newQuietWorld(t, backendaitest.Options{}, named("stays"), named("ends"), named("anew"), named("restarts"), named("old-name"))
	w.furnish()
	w.start()
	aliases := []string{"bai-stays", "bai-ends", "bai-anew", "bai-restarts", "bai-old-name"}
	before := map[string]state.Host{}
	for _, alias := range aliases {
		before[alias] = w.ready(alias)
	}
	w.until("FileZilla knows them", func(s *state.Snapshot) bool { return writerState(s, "filezilla") == "written" })
	w.eventually("the last site is written", func() bool {
		return strings.Contains(w.text(".config", "filezilla", "sitemanager.xml"), "bai-old-name")
	})
	shell := w.openShell("bai-stays")
	config := w.text(".ssh", "bai", "config")

	w.manager.Down()
	s := w.until("the trouble is said", func(s *state.Snapshot) bool { return s.Profiles[0].State == "unreachable" })
	if p := s.Profiles[0]; !strings.Contains(p.Reason, "cannot be reached") || p.Hint == "" || p.NextTry.IsZero() {
		t.Errorf("the profile says %+v", p)
	}
	if out := w.baissh("", "status"); !strings.Contains(out, "cannot be reached; check the network; baissh keeps trying") {
		t.Errorf("status says\n%s", out)
	}
	w.changeAll()
	if r := w.ssh("bai-anew", "true"); !strings.Contains(r.complaint, "cannot be reached") {
		t.Errorf("ssh says %q", r.complaint)
	}
	if shell.out.Scan() {
		t.Errorf("a shell through a manager that is gone says %q", shell.out.Text())
	}
	w.whole(aliases...)
	if now := w.text(".ssh", "bai", "config"); now != config {
		t.Errorf("while the manager is away, ssh's config became\n%s", now)
	}

	if err := w.manager.Up(); err != nil {
		t.Fatal(err)
	}
	for _, session := range w.manager.Sessions() {
		if session.Status() != "RUNNING" {
			continue
		}
		now := "bai-" + session.Name()
		was, known := before[now]
		if !known {
			was = before["bai-old-name"]
		}
		h := w.host(now, hasKeyOf(session))
		w.good(w.ssh(now, "true"))
		if h.Port != was.Port {
			t.Errorf("%s has port %d, was %d", now, h.Port, was.Port)
		}
	}
	w.gone("bai-ends")
	w.eventually("no word of what is over", func() bool {
		text := w.text(".ssh", "bai", "config") + w.text(".config", "filezilla", "sitemanager.xml")
		return !strings.Contains(text, "bai-ends") && !strings.Contains(text, "bai-old-name")
	})
	w.whole("bai-stays", "bai-anew", "bai-restarts", "bai-new-name")
}

// changeAll is what ten minutes may bring.
func (w *world) changeAll() {
	w.Helper()
	for _, s := range w.manager.Sessions() {
		switch s.Name() {
		case "ends":
			s.End()
		case "anew":
			s.End()
			w.create(backendaitest.SessionSpec{Name: "anew"})
		case "restarts":
			if err := s.Restart(); err != nil {
				w.Fatal(err)
			}
		case "old-name":
			w.rename(s, "new-name")
		}
	}
}
