package backendaitest

import (
	"errors"
	"fmt"
	"slices"
	"time"
)

// A step is one status of a session on its way up. A session that was created
// at a status has taken the steps up to it.
type step struct {
	status       string
	newer        bool     // only releases that tell of each transition have it
	session      string   // event of the session; empty where the status is the event
	kernelEvents []string // then for each kernel
}

// waysUp is the life of a session from PENDING to RUNNING.
var waysUp = []step{
	{status: "SCHEDULED", session: "session_scheduled"},
	{status: "PREPARING", kernelEvents: []string{"kernel_preparing"}},
	{status: "PREPARED", newer: true},
	{status: "CREATING", newer: true, kernelEvents: []string{"kernel_creating"}},
}

// live plays the session's life up to a status.
func (e *Session) live(status string) error {
	switch {
	case status == "PENDING":
		return nil
	case status == "CANCELLED":
		e.End()
		return nil
	case status == "TERMINATED":
		if err := e.Run(); err != nil {
			return err
		}
		e.End()
		return nil
	}
	if status == "RUNNING" || status == "RUNNING_DEGRADED" || !slices.ContainsFunc(waysUp, func(s step) bool { return s.status == status }) {
		if err := e.Run(); err != nil || status == "RUNNING" {
			return err
		}
		e.SetStatus(status)
		return nil
	}
	e.climb(status)
	return nil
}

// climb takes the steps up that lie ahead, the given status included.
func (e *Session) climb(until string) {
	from := slices.IndexFunc(waysUp, func(s step) bool { return s.status == e.Status() })
	for _, step := range waysUp[from+1:] {
		if step.newer && !e.server.release.events.transitions && step.status != until {
			e.tellKernels(step.kernelEvents...)
			continue
		}
		e.take(step)
		if step.status == until {
			return
		}
	}
}

func (e *Session) take(s step) {
	e.change(func() { e.status = s.status })
	if s.session != "" {
		e.tell(s.session, "")
	} else {
		e.tellTransition(s.status)
	}
	e.tellKernels(s.kernelEvents...)
}

// Run brings a session up, from wherever it is on the way.
func (e *Session) Run() error {
	if locked(e, func() bool { return e.gone() || e.isUp() }) {
		return fmt.Errorf("run session %s: it is %s", e.Name(), e.Status())
	}
	e.climb("RUNNING")
	if err := e.startContainer(); err != nil {
		return err
	}
	e.tellKernels("kernel_started") // some time before the status says so
	e.change(func() {
		e.status = "RUNNING"
		for _, k := range e.kernels {
			k.status, k.changed = "RUNNING", e.changed
		}
	})
	e.tell("session_started", "")
	return nil
}

// change changes the session under the lock. The time of a change is that of the
// status.
func (e *Session) change(set func()) {
	e.server.mu.Lock()
	status, changed := e.status, e.changed
	e.changed = e.server.now()
	set()
	if e.status == status {
		e.changed = changed
	}
	e.server.mu.Unlock()
	e.server.watch.wake()
}

// End ends the session as its user does: TERMINATED, or CANCELLED if it never ran.
func (e *Session) End() { e.end("user-requested") }

func (e *Session) end(reason string) {
	gone, ran := locked(e, e.gone), locked(e, func() bool { return e.kernels[0].containerID != "" })
	switch {
	case gone:
	case !ran:
		e.bury("CANCELLED", reason)
		if e.server.release.events.kernelCancels {
			e.tellKernels("kernel_cancelled")
		}
		e.tell("session_cancelled", reason)
	default:
		e.terminate(reason)
	}
}

func (e *Session) terminate(reason string) {
	events := e.server.release.events
	e.change(func() { e.status = "TERMINATING" })
	if events.terminating {
		e.tell("session_terminating", reason)
	}
	if events.kernelLeaving {
		e.tellKernels("kernel_terminating")
	}
	e.stopContainer()
	e.stopOthers()
	e.tellKernels("kernel_terminated", "kernel_terminated") // mostly twice, on 23.09 and 26.9
	e.bury("TERMINATED", reason)
	e.tellEnd(reason)
}

func (e *Session) bury(status, reason string) {
	e.change(func() {
		e.status, e.ended, e.statusInfo = status, e.changed, reason
		for _, k := range e.kernels {
			k.status, k.changed = status, e.changed
		}
	})
}

// Restart gives the session a new main container: tunnels end, and the host key
// changes where the release makes one for each container. It is told of as 23.09.10
// does, whatever the release.
func (e *Session) Restart() error {
	if !locked(e, e.isUp) {
		return fmt.Errorf("restart session %s: it is %s", e.Name(), e.Status())
	}
	e.change(func() { e.status = "RESTARTING" })
	e.stopContainer()
	if err := e.startContainer(); err != nil {
		return err
	}
	e.tellKernels("kernel_started")
	e.change(func() {
		e.status = "RUNNING"
		if !e.server.release.restartUnlisted {
			e.kernels[0].changed = e.changed
		}
	})
	return nil
}

// ReplaceHostKey puts another ssh server in the place of the session's, with
// another host key, though the list shows the same container as before.
func (e *Session) ReplaceHostKey() error {
	if !locked(e, e.isUp) {
		return errors.New("replace host key: the session does not run")
	}
	id := e.ContainerID()
	e.stopContainer()
	e.change(func() { e.hostKey = nil })
	err := e.startContainer()
	e.change(func() { e.kernels[0].containerID = id })
	return err
}

// Hide leaves the session out of every list, as a page does that shifts while it is
// read; a look-up by its id finds it all the same.
func (e *Session) Hide(hidden bool) { e.change(func() { e.hidden = hidden }) }

// SetStatus puts a status in the list. Nothing else happens to the session,
// but newer releases tell of every change.
func (e *Session) SetStatus(status string) {
	e.change(func() { e.status = status })
	e.tellTransition(status)
}

// SetStatusInfo sets the text that goes with the status.
func (e *Session) SetStatusInfo(text string) { e.change(func() { e.statusInfo = text }) }

// Crash kills the main container. Its tunnels end at once; the manager notices
// some time later, and TERMINATED comes last.
func (e *Session) Crash() {
	e.stopContainer()
	e.tellKernels("kernel_terminated")
	delay := e.server.options.CrashDelay
	orElse(&delay, e.server.release.crashDelay)
	e.server.start(func() {
		select {
		case <-time.After(delay):
			e.endCrash()
		case <-e.server.ctx.Done():
		}
	})
}

// endCrash is the manager's part in a crash: older releases skip what it takes to
// terminate a session.
func (e *Session) endCrash() {
	const reason = "self-terminated"
	if e.server.release.events.crashLeaves {
		e.end(reason)
	} else if !locked(e, e.gone) {
		e.bury("TERMINATED", reason)
		e.tellEnd(reason)
	}
}

// start runs a task that Close waits for. The task ends with the server.
func (s *Server) start(task func()) {
	s.tasks.Go(task)
}
