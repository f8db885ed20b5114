package main

import (
	"os"
	"strings"
	"testing"

	"baissh/proxy/backendai/backendaitest"
	"baissh/proxy/state"
)

// The state file was cut in half, and the manager is away, so that nothing can be found
// out again: entries, ports and choices stay all the same, and status says what happened.
func TestAStateFileThatIsCutInHalf(t *testing.T) {
	need(t, "ssh")
	w := newQuietWorld(t, backendaitest.Options{}, demoSpec, backendaitest.SessionSpec{Name: "unwanted"})
	w.furnish()
	w.start()
	w.ready("bai-unwanted")
	before := w.ready("bai-demo")
	w.baissh("", "disable", "bai-unwanted")
	w.eventually("the site is written", func() bool {
		text := w.text(".config", "filezilla", "sitemanager.xml")
		return strings.Contains(text, "bai-demo") && !strings.Contains(text, "bai-unwanted")
	})
	config := w.text(".ssh", "bai", "config")
	w.stop()
	w.start() // and a change after the choice
	w.create(backendaitest.SessionSpec{Name: "later"})
	w.ready("bai-later")
	w.baissh("", "disable", "bai-later")
	w.stop()
	text, err := os.ReadFile(w.home.StateFile())
	if err != nil {
		t.Fatal(err)
	}
	w.file(w.home.StateFile(), string(text[:len(text)/2]))
	w.manager.Down()

	w.start()
	h := w.host("bai-demo", func(h state.Host) bool { return h.State == state.Waiting })
	if h.Port != before.Port || h.HostKey != before.HostKey {
		t.Errorf("it is %+v, was %+v", h, before)
	}
	w.host("bai-unwanted", func(h state.Host) bool { return !h.Enabled })
	if out := w.baissh("", "status"); !strings.Contains(out, "note: what baissh remembered was damaged and was moved to "+w.home.StateFile()+".damaged") {
		t.Errorf("status says\n%s", out)
	}
	w.whole("bai-demo")
	if now := w.text(".ssh", "bai", "config"); !strings.Contains(now, "Host bai-demo\n") {
		t.Errorf("ssh's config was\n%s\nand is\n%s", config, now)
	}
	if err := w.manager.Up(); err != nil {
		t.Fatal(err)
	}
	w.ready("bai-demo")
	w.good(w.ssh("bai-demo", "true"))
}
