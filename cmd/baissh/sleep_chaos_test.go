//go:build chaos && linux

package main

import (
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
	lasts(15 * time.Second) // more than a busy machine is late by
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

// The ssh server of a session was away for so long that it is not tried every second any
// more. Who comes just after its return has it tried, and is served.
func TestAClientFindsASessionThatIsBack(t *testing.T) {
	need(t, "ssh")
	w := newWorld(t, backendaitest.Options{})
	w.until("connected", func(s *state.Snapshot) bool { return len(s.Profiles) == 1 && s.Profiles[0].State == "connected" })
	back := w.manager.Inject(backendaitest.Fault{At: backendaitest.Tunnel, Kind: backendaitest.RefuseSSH})
	w.create(demoSpec)
	w.host("bai-demo", func(h state.Host) bool { return h.State == state.Failed })
	w.eventually("it is tried rarely", w.restsFor(7*time.Second))
	back()
	began := time.Now()
	w.good(w.ssh("bai-demo", "true"))
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("it took %s", took)
	}
}

// restsFor reports whether no tunnel was opened for so long.
func (w *world) restsFor(d time.Duration) func() bool {
	opened, since := w.manager.TunnelsOpened(), time.Now()
	return func() bool {
		if now := w.manager.TunnelsOpened(); now != opened {
			opened, since = now, time.Now()
		}
		return time.Since(since) > d
	}
}
