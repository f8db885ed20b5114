package main

import (
	"os"
	"strings"
	"testing"

	"baissh/proxy/backendai/backendaitest"
	"baissh/proxy/state"
)

// Editors empty a file before they write it, or take it away. An engine that
// believed what it saw in between would drop every shell.
func TestSavingTheSettingsDropsNothing(t *testing.T) {
	need(t, "ssh")
	w := newWorld(t, backendaitest.Options{}, demoSpec)
	before := w.ready("bai-demo")
	shell := w.openShell("bai-demo")
	file := w.home.SettingsFile()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	saves := map[string]func(){
		"in place": func() { os.WriteFile(file, nil, 0o600); w.baissh("", "reload"); os.WriteFile(file, text, 0o600) },
		"renamed":  func() { os.Rename(file, file+"~"); w.baissh("", "reload"); os.WriteFile(file, text, 0o600) },
	}
	for name, save := range saves {
		save()
		w.baissh("", "reload")
		if now := w.ready("bai-demo"); now.Port != before.Port || now.HostKey != before.HostKey || now.Connections == 0 {
			t.Errorf("saved %s: now %+v, before %+v", name, now, before)
		}
	}
	shell.say("echo still here")
	shell.hear("still here")
}

// A file that cannot be read says nothing about what is not wanted any more.
func TestBrokenSettingsAtStartLoseNothing(t *testing.T) {
	w := newWorld(t, backendaitest.Options{}, demoSpec)
	before := w.ready("bai-demo")
	w.stop()
	config, remembered := w.text(".ssh", "bai", "config"), w.text(".local", "state", "baissh", "state.json")
	file := w.home.SettingsFile()
	good, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, append(good, "no_such_setting = 1\n"...), 0o600); err != nil {
		t.Fatal(err)
	}
	w.start()
	s := w.until("the mistake is said", func(s *state.Snapshot) bool { return len(s.Notices) > 0 })
	if !strings.Contains(s.Notices[0], "no_such_setting") {
		t.Errorf("the notice is %q", s.Notices)
	}
	if w.text(".ssh", "bai", "config") != config || w.text(".local", "state", "baissh", "state.json") != remembered {
		t.Error("files were changed on the word of a broken file")
	}
	if err := os.WriteFile(file, good, 0o600); err != nil {
		t.Fatal(err)
	}
	if now := w.ready("bai-demo"); now.Port != before.Port {
		t.Errorf("port %d, before %d", now.Port, before.Port)
	}
}

// A port fixed for a name is taken as soon as nobody would be cut off.
func TestAFixedPortIsTaken(t *testing.T) {
	need(t, "ssh")
	w := newWorld(t, backendaitest.Options{}, demoSpec)
	before := w.ready("bai-demo")
	port := freePort(t)
	text, err := os.ReadFile(w.home.SettingsFile())
	if err != nil {
		t.Fatal(err)
	}
	text = append(text, "\n[profiles.default.sessions.demo]\nport = "+port+"\n"...)
	if err := os.WriteFile(w.home.SettingsFile(), text, 0o600); err != nil {
		t.Fatal(err)
	}
	w.baissh("", "reload")
	now := w.host("bai-demo", func(h state.Host) bool { return h.State == state.Ready && h.Port != before.Port })
	w.eventually("ssh is told", func() bool { return strings.Contains(w.text(".ssh", "bai", "config"), "Port "+port+"\n") })
	w.good(w.ssh("bai-demo", "true"))
	if got := w.text(".ssh", "bai", "config"); !strings.Contains(got, "Port "+port+"\n") {
		t.Errorf("it has port %d, not %s", now.Port, port)
	}
}

// Another account is asked about, and the verdict goes with the account.
func TestAWrongAccountIsSaid(t *testing.T) {
	w := newWorld(t, backendaitest.Options{}, demoSpec)
	w.ready("bai-demo")
	w.set("profiles.default", "account", "nobody")
	w.baissh("", "reload")
	h := w.host("bai-demo", func(h state.Host) bool { return h.State == state.Failed })
	if !strings.Contains(h.Reason, "does not accept our key for the account nobody") {
		t.Errorf("the reason is %q", h.Reason)
	}
	w.set("profiles.default", "account", me(t))
	w.baissh("", "reload")
	w.ready("bai-demo")
}

// What the user says of a name holds for names that cannot be printed whole, too.
func TestAChoiceForALongName(t *testing.T) {
	name := strings.Repeat("long", 75)
	w := newWorld(t, backendaitest.Options{}, backendaitest.SessionSpec{Name: name})
	s := w.until("it is ready", func(s *state.Snapshot) bool { return len(s.Hosts) == 1 && s.Hosts[0].State == state.Ready })
	w.baissh("", "disable", s.Hosts[0].Alias)
	w.until("it is disabled", func(s *state.Snapshot) bool { return s.Hosts[0].State == state.Disabled })
}
