//go:build real

package main

import (
	"strings"
	"syscall"
	"testing"

	"baissh/proxy/backendai/backendaitest/site"
	"baissh/proxy/state"
)

// A restart that moves the ports, which this release does not notice: the session is as
// good as lost, and says so. A new one of its name is reached by the same port.
func TestOnARealManagersMovedPorts(t *testing.T) {
	need(t, "ssh")
	backend, err := site.Start()
	if err != nil {
		t.Fatal(err)
	}
	w := newSiteWorld(t, backend, site.Alice)
	s := w.makes(site.Spec{Name: "moving", MovesPorts: true})
	before := w.ready("bai-moving")
	w.must(s.Restart())
	says := "the ssh server of session moving does not accept connections"
	w.host("bai-moving", func(h state.Host) bool { return strings.Contains(h.Reason, says) })
	w.wantTold(trouble{says: []string{says, "restart the session"}}, w.ssh("bai-moving", "true"))
	w.must(s.End())
	w.makes(site.Spec{Name: "moving"})
	if now := w.ready("bai-moving"); now.Port != before.Port {
		t.Errorf("port %d, before %d", now.Port, before.Port)
	}
	w.logsIn("bai-moving")
}

// A dead agent: the manager asks it before it opens a tunnel, and answers after five
// seconds that it could not. Who is connected stays so.
func TestOnARealManagersDeadAgent(t *testing.T) {
	need(t, "ssh")
	backend, err := site.Start()
	if err != nil {
		t.Fatal(err)
	}
	w := newSiteWorld(t, backend, site.Alice)
	if _, err := backend.Create(site.Spec{Name: "orphan"}); err != nil { // which ends with the server
		t.Fatal(err)
	}
	w.ready("bai-orphan")
	shell := w.openShell("bai-orphan")
	trouble := trouble{says: []string{"is in trouble (status 500)", "baissh keeps trying"}}
	w.must(site.SignalAgent(backend, syscall.SIGSTOP))
	t.Cleanup(func() { site.SignalAgent(backend, syscall.SIGCONT) }) // it may be dead
	w.wantTold(trouble, w.ssh("bai-orphan", "true"))
	shell.say("while it is frozen")
	shell.hear("while it is frozen")
	w.must(site.SignalAgent(backend, syscall.SIGCONT))
	w.eventually("ssh logs in again", func() bool { return w.ssh("bai-orphan", "true").err == nil })
	w.must(site.SignalAgent(backend, syscall.SIGKILL))
	w.wantTold(trouble, w.ssh("bai-orphan", "true"))
	shell.say("though it is dead")
	shell.hear("though it is dead")
}
