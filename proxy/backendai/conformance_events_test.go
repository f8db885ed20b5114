package backendai_test

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"sync"

	"baissh/proxy/backendai"
	"baissh/proxy/backendai/backendaitest/site"
)

// ears hear all events of one user.
type ears struct {
	*trial
	lock  sync.Mutex
	heard []backendai.Event
	ended chan error
}

// listen opens a stream, and returns when it stands.
func (tr *trial) listen(who site.User) *ears {
	tr.Helper()
	e := &ears{trial: tr, ended: make(chan error, 1)}
	ctx, cancel := context.WithCancel(tr.Context())
	tr.Cleanup(cancel)
	opened := make(chan struct{})
	client := tr.client(who)
	go func() {
		e.ended <- client.Events(ctx, func() { close(opened) }, func(ev backendai.Event) {
			e.lock.Lock()
			defer e.lock.Unlock()
			e.heard = append(e.heard, ev)
		})
	}()
	select {
	case <-opened:
	case err := <-e.ended:
		tr.Fatal(err)
	}
	return e
}

// of are the names of a session's events so far, in their order.
func (e *ears) of(s site.Session) []string {
	e.lock.Lock()
	defer e.lock.Unlock()
	var names []string
	for _, ev := range e.heard {
		if ev.SessionID == s.ID() {
			names = append(names, ev.Name)
		}
	}
	return names
}

func (e *ears) count(s site.Session, name string) int {
	n := 0
	for _, heard := range e.of(s) {
		if heard == name {
			n++
		}
	}
	return n
}

func (e *ears) until(s site.Session, name string, times int) {
	e.Helper()
	e.eventually(name, func() bool { return e.count(s, name) >= times })
}

// wantNames compares which events came, whatever their order and number.
func (e *ears) wantNames(s site.Session, names string) {
	e.Helper()
	got, want := e.of(s), strings.Fields(names)
	slices.Sort(got)
	slices.Sort(want)
	if got = slices.Compact(got); !slices.Equal(got, want) {
		e.Errorf("got %v,\nwant %v", got, want)
	}
}

const (
	comingUp  = "kernel_preparing kernel_creating kernel_started "
	goingDown = "session_terminating kernel_terminating kernel_terminated session_terminated"
)

var eventBehaviours = []behaviour{
	{name: "events/of a life: its start is told of the container alone", is: func(tr *trial) {
		e := tr.listen(site.Alice)
		s := tr.create(site.Spec{})
		e.until(s, "kernel_started", 1)
		tr.must(s.End())
		e.until(s, "session_terminated", 1)
		e.wantNames(s, comingUp+goingDown)
	}},
	{name: "events/of a restart: the container's start, once", is: func(tr *trial) {
		e := tr.listen(site.Alice)
		s := tr.create(site.Spec{})
		e.until(s, "kernel_started", 1)
		tr.must(s.Restart())
		e.until(s, "kernel_started", 2)
		e.wantNames(s, comingUp)
		tr.must(s.End())
		e.until(s, "session_terminated", 1)
		if n := e.count(s, "kernel_started"); n != 2 {
			tr.Errorf("it started %d times, want 2", n)
		}
	}},
	{name: "events/of a crash: no terminating", is: func(tr *trial) {
		e := tr.listen(site.Alice)
		s := tr.create(site.Spec{})
		tr.must(s.Crash())
		e.until(s, "session_terminated", 1)
		e.wantNames(s, comingUp+"kernel_terminated session_terminated")
	}},
	{name: "events/of a session that never ran: its container's end", is: func(tr *trial) {
		e := tr.listen(site.Alice)
		s := tr.create(site.Spec{Pending: true})
		tr.must(s.End())
		e.until(s, "kernel_cancelled", 1)
		e.wantNames(s, "kernel_cancelled")
	}},
	{name: "events/of a new name: none", is: func(tr *trial) {
		e := tr.listen(site.Alice)
		s := tr.create(site.Spec{Name: "before"})
		e.until(s, "kernel_started", 1)
		tr.must(s.Rename("after"))
		tr.must(s.End())
		e.until(s, "session_terminated", 1)
		e.wantNames(s, comingUp+goingDown)
	}},
	{name: "events/of somebody else: none", is: func(tr *trial) {
		e := tr.listen(site.Bob)
		s := tr.create(site.Spec{})
		mine := tr.create(site.Spec{User: site.Bob})
		e.until(mine, "kernel_started", 1)
		e.wantNames(s, "")
	}},
	{name: "events/an unknown parameter is 400, somebody else's key 403", is: func(tr *trial) {
		tr.want(tr.ask(site.Alice, "GET", "/events/session?since=1", ""), http.StatusBadRequest, "invalid-api-params")
		other := "/events/session?ownerAccessKey=" + tr.keys(site.Bob).AccessKey
		tr.want(tr.ask(site.Alice, "GET", other, ""), http.StatusForbidden, "generic-forbidden")
	}},
}
