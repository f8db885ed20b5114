//go:build real

package main

import (
	"syscall"
	"testing"

	"baissh/proxy/backendai/backendaitest/site"
)

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
