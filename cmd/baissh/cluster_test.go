package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"baissh/proxy/backendai/backendaitest"
	"baissh/proxy/state"
)

// Every container of a cluster has an alias, a port and a pinned host key of its own.
func TestEachContainerOfACluster(t *testing.T) {
	need(t, "ssh", "sftp")
	w := newWorld(t, backendaitest.Options{}, backendaitest.SessionSpec{Name: "pair", Containers: 3}, demoSpec)
	before := w.ready("bai-pair+sub1")
	w.ready("bai-pair+sub2")
	w.ready("bai-demo")
	if out := w.baissh("", "status"); strings.Index(out, "bai-pair ") > strings.Index(out, "bai-pair+sub1") {
		t.Errorf("the main container is not the first:\n%s", out)
	}
	for alias, host := range map[string]string{"bai-pair": "main1", "bai-pair+sub1": "sub1", "bai-pair+sub2": "sub2"} {
		if got := w.good(w.ssh(alias, "echo $BACKENDAI_CLUSTER_HOST")); got != host+"\n" {
			t.Errorf("%s is %q, want %s", alias, got, host)
		}
	}
	w.big("large", 8<<20)
	w.good(w.program(strings.NewReader("put large there\nget there back\n"), "sftp", "-q", "-F", w.config(), "-b", "-", "bai-pair+sub2"))
	if w.text("back") != w.text("large") {
		t.Error("what came back is not what was sent")
	}
	w.host("bai-pair", func(h state.Host) bool { return h.Connections == 0 })

	w.rename(w.manager.Sessions()[0], "couple")
	w.baissh("", "reload")
	if now := w.ready("bai-couple+sub1"); now.Port != before.Port || now.HostKey != before.HostKey {
		t.Errorf("under another name: port %d, before %d", now.Port, before.Port)
	}
	w.good(w.ssh("bai-couple+sub1", "true"))

	w.baissh("", "disable", "bai-couple+sub1") // and with it all of the session
	w.until("none is enabled", func(s *state.Snapshot) bool {
		h, _ := s.Host("bai-couple")
		sub, _ := s.Host("bai-couple+sub2")
		return h.State == state.Disabled && sub.State == state.Disabled
	})
	w.baissh("", "enable", "couple")
	w.ready("bai-couple+sub1")
	w.manager.Sessions()[0].End()
	w.gone("bai-couple+sub1")
	w.eventually("no word of it is left", func() bool { return !strings.Contains(w.text(".ssh", "bai", "config"), "couple") })
}

// Ports and host keys of all containers are there again before the manager has answered.
func TestAClusterOutlivesTheEngine(t *testing.T) {
	need(t, "ssh")
	w := newWorld(t, backendaitest.Options{}, backendaitest.SessionSpec{Name: "pair", Containers: 2})
	before := w.ready("bai-pair+sub1")
	shell := w.openShell("bai-pair+sub1")
	shell.say("here")
	shell.hear("here")
	w.stop()
	w.manager.Down()
	w.start()
	if again := w.host("bai-pair+sub1", func(h state.Host) bool { return h.State == state.Waiting }); again.Port != before.Port || again.HostKey != before.HostKey {
		t.Errorf("now %+v, before %+v", again, before)
	}
	if err := w.manager.Up(); err != nil {
		t.Fatal(err)
	}
	w.ready("bai-pair+sub1")
	w.good(w.ssh("bai-pair+sub1", "true"))
}

// A key that only a person can use takes ssh to the main container, and nobody further.
func TestAClusterThatNoKeyOpens(t *testing.T) {
	need(t, "ssh-keygen")
	w := newQuietWorld(t, backendaitest.Options{})
	key := filepath.Join(w.home.Dir, "locked")
	w.good(w.program(nil, "ssh-keygen", "-q", "-t", "ed25519", "-N", "a phrase", "-f", key))
	public, err := os.ReadFile(key + ".pub")
	if err != nil {
		t.Fatal(err)
	}
	w.create(backendaitest.SessionSpec{Name: "pair", Containers: 2, Key: backendaitest.KeyMissing, AuthorizedKey: strings.TrimSpace(string(public))})
	w.set("profiles.default", "identity_file", key)
	w.start()
	w.host("bai-pair", func(h state.Host) bool { return h.State == state.Ready })
	h := w.host("bai-pair+sub1", func(h state.Host) bool { return h.State == state.Failed })
	if !strings.Contains(h.Reason, "pair+sub1 is reached through the main container") || !strings.Contains(h.Hint, "passphrase") {
		t.Errorf("it says %q, %q", h.Reason, h.Hint)
	}
}
