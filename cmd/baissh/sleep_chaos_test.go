//go:build chaos && linux

package main

import (
	"os/exec"
	"syscall"
	"testing"
	"time"

	"baissh/proxy/backendai/backendaitest"
	"baissh/proxy/state"
)

// The engine is stopped for a while, as by a sleep, and in the meantime everything on
// the way forgets its connections. Of two open shells the dead one ends, and all is well
// again within seconds. What the times of the day are is tested in proxy/awake.
func TestAfterASleep(t *testing.T) {
	need(t, "ssh", "go")
	w := newQuietWorld(t, backendaitest.Options{}, demoSpec)
	way := w.between()
	engine := w.startBuilt()
	w.ready("bai-demo")
	dead := w.openShell("bai-demo")
	way.move()
	alive := w.openShell("bai-demo")

	engine.signal(syscall.SIGSTOP)
	<-time.After(15 * time.Second) // more than a busy machine is late by
	w.create(backendaitest.SessionSpec{Name: "later"})
	engine.signal(syscall.SIGCONT)
	woke := time.Now()
	for dead.out.Scan() {
	}
	if took := time.Since(woke); took > goneLimit {
		t.Errorf("ssh hung for %s", took)
	}
	w.ready("bai-later")
	if took := time.Since(woke); took > goneLimit {
		t.Errorf("a new session was seen after %s", took)
	}
	alive.say("still here")
	alive.hear("still here")
	w.host("bai-demo", func(h state.Host) bool { return h.State == state.Ready && h.Connections == 1 && h.Cut != nil })
	w.good(w.ssh("bai-later", "true"))
}

// The manager has been away for so long that it is not tried every second any more. A
// client that comes just after its return is served, and all else is well at once.
func TestAClientFindsAManagerThatIsBack(t *testing.T) {
	need(t, "ssh")
	w := newWorld(t, backendaitest.Options{}, demoSpec)
	w.ready("bai-demo")
	w.manager.Down()
	w.until("it is tried rarely", func(s *state.Snapshot) bool { return time.Until(s.Profiles[0].NextTry) > 6*time.Second })
	w.create(backendaitest.SessionSpec{Name: "later"})
	if err := w.manager.Up(); err != nil {
		t.Fatal(err)
	}
	back := time.Now()
	w.good(w.ssh("bai-demo", "true"))
	w.ready("bai-later")
	w.until("it is connected", func(s *state.Snapshot) bool { return s.Profiles[0].State == "connected" })
	w.eventually("the event stream is open", func() bool { return w.manager.EventStreams() == 1 })
	if took := time.Since(back); took > 5*time.Second {
		t.Errorf("it took %s", took)
	}
}

// A builtEngine is baissh run as a program of its own.
type builtEngine struct {
	*world
	cmd *exec.Cmd
	log *syncBuffer
}

// startBuilt starts the program as it is shipped. It is killed with the test's end.
func (w *world) startBuilt(before ...string) *builtEngine {
	w.Helper()
	args := append(before, built(w.T, w.home.Dir), "run")
	e := &builtEngine{world: w, cmd: exec.Command(args[0], args[1:]...), log: &syncBuffer{}}
	e.cmd.Env = append(w.environment(), "BAISSH_HOME="+w.home.Dir)
	e.cmd.Stderr = e.log
	if err := e.cmd.Start(); err != nil {
		w.Fatal(err)
	}
	w.Cleanup(func() {
		e.cmd.Process.Kill()
		e.cmd.Wait()
		if w.Failed() {
			w.Logf("the built engine's log:\n%s", e.log)
		}
	})
	return e
}

func (e *builtEngine) signal(s syscall.Signal) {
	e.Helper()
	if err := e.cmd.Process.Signal(s); err != nil {
		e.Fatal(err)
	}
}
