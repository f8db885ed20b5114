package main

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"

	"baissh/proxy/backendai/backendaitest"
	"baissh/proxy/state"
)

// The engine has no file handles left. Who connects waits until there are some, or is told
// why not; status still answers, and says it; the log says it once. Nothing is lost.
func TestNoFileHandlesLeft(t *testing.T) {
	need(t, "ssh", "go", "prlimit")
	w := newQuietWorld(t, backendaitest.Options{}, demoSpec)
	w.furnish()
	engine := w.startBuilt()
	w.ready("bai-demo")
	w.eventually("its site is written", func() bool {
		return strings.Contains(w.text(".config", "filezilla", "sitemanager.xml"), "<Name>bai-demo</Name>")
	})
	shell := w.openShell("bai-demo")
	w.client.Close() // so that each look at the status needs a handle

	engine.limitHandles()
	waiting := make(chan result, 1)
	go func() { waiting <- w.ssh("bai-demo", "true") }()
	w.create(backendaitest.SessionSpec{Name: "later"})
	const why = ": connections cannot be accepted: too many open files; end some connections, or raise the limit of open files"
	for _, name := range []string{"demo", "later"} {
		w.eventually("status says why", func() bool { return strings.Contains(w.baissh("", "status"), name+why) })
	}
	shell.say("still here")
	shell.hear("still here")
	w.whole("bai-demo")

	engine.setHandles(4096)
	if r := <-waiting; r.err != nil && !strings.Contains(r.complaint, "cannot be accepted: too many open files") {
		t.Errorf("who came meanwhile was told %q, %v", r.complaint, r.err)
	}
	w.ready("bai-later")
	w.host("bai-demo", func(h state.Host) bool { return h.State == state.Ready })
	w.good(w.ssh("bai-later", "true"))
	w.whole("bai-demo", "bai-later")
	if n := strings.Count(engine.log.String(), "clients cannot be accepted"); n > 4 { // for each session, and again when it had an end
		t.Errorf("the log says it %d times:\n%s", n, engine.log)
	}
}

// limitHandles leaves the engine those that it got when it started, up to the one that
// it keeps for this day. A limit is one of numbers: none above it is given out again.
func (e *builtEngine) limitHandles() {
	e.Helper()
	for n := 3; ; n++ {
		switch file, err := os.Readlink(fmt.Sprintf("/proc/%d/fd/%d", e.cmd.Process.Pid, n)); {
		case err != nil:
			e.Fatal("no handle is kept for status: ", err)
		case file == os.DevNull:
			e.setHandles(n + 1)
			return
		}
	}
}

func (e *builtEngine) setHandles(n int) {
	e.Helper()
	out, err := exec.Command("prlimit", "--pid", fmt.Sprint(e.cmd.Process.Pid), fmt.Sprintf("--nofile=%d:", n)).CombinedOutput()
	if err != nil {
		e.Fatalf("%v: %s", err, out)
	}
}
