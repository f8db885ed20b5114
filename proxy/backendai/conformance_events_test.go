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

// comingUp is how the start of a session is told of, and goingDown its end.
func (tr *trial) comingUp() string {
	return since[string]{
		"22.03":    "session_enqueued session_scheduled session_started ",
		"23.03":    "",
		"23.09.11": "session_enqueued session_scheduled session_started ",
		"25.15":    "session_enqueued session_scheduled session_preparing session_prepared session_creating session_started ",
		"26.4":     "session_pending session_scheduled session_preparing session_prepared session_creating session_started ",
	}.at(tr) + "kernel_preparing kernel_creating kernel_started "
}

func (tr *trial) goingDown() string {
	return since[string]{
		"22.03": "kernel_terminating kernel_terminated session_terminated",
		"23.03": "session_terminating kernel_terminating kernel_terminated session_terminated",
		"25.15": "session_terminating kernel_terminated session_terminated",
	}.at(tr)
}

const lifeColumns = "events.enqueued events.losesStarts events.terminating events.transitions events.kernelLeaving"

var eventBehaviours = []behaviour{
	{name: "events/of a life", holds: lifeColumns + " events.doubled", is: func(tr *trial) {
		e := tr.listen(site.Alice)
		s := tr.create(site.Spec{})
		e.until(s, "kernel_started", 1)
		tr.must(s.End())
		times := since[int]{"22.03": 1, "26.9": 2}.at(tr)
		e.until(s, "session_terminated", times)
		e.wantNames(s, tr.comingUp()+tr.goingDown())
		if n := e.count(s, "session_terminated"); n != times {
			tr.Errorf("it ended %d times, want %d", n, times)
		}
	}},
	{name: "events/of a restart: the container's start, once", is: func(tr *trial) {
		e := tr.listen(site.Alice)
		s := tr.create(site.Spec{})
		e.until(s, "kernel_started", 1)
		tr.must(s.Restart())
		e.until(s, "kernel_started", 2)
		e.wantNames(s, tr.comingUp())
		tr.must(s.End())
		e.until(s, "session_terminated", 1)
		if n := e.count(s, "kernel_started"); n != 2 {
			tr.Errorf("it started %d times, want 2", n)
		}
	}},
	{name: "events/of a crash: for long no terminating", holds: "events.crashLeaves", is: func(tr *trial) {
		e := tr.listen(site.Alice)
		s := tr.create(site.Spec{})
		tr.must(s.Crash())
		e.until(s, "session_terminated", 1)
		e.wantNames(s, tr.comingUp()+since[string]{"22.03": "kernel_terminated session_terminated", "25.15": tr.goingDown()}.at(tr))
	}},
	{name: "events/of a session that never ran: its end, or its container's", holds: "events.kernelCancels", is: func(tr *trial) {
		e := tr.listen(site.Alice)
		s := tr.create(site.Spec{Pending: true})
		tr.must(s.End())
		want := since[string]{
			"22.03": "session_enqueued kernel_cancelled session_cancelled", "23.03": "kernel_cancelled",
			"23.09.11": "session_enqueued kernel_cancelled session_cancelled", "25.15": "session_enqueued session_cancelled",
			"26.4": "session_pending session_cancelled",
		}.at(tr)
		last := strings.Fields(want)
		e.until(s, last[len(last)-1], 1)
		e.wantNames(s, want)
	}},
	{name: "events/of a new name: none", is: func(tr *trial) {
		e := tr.listen(site.Alice)
		s := tr.create(site.Spec{Name: "before"})
		e.until(s, "kernel_started", 1)
		tr.must(s.Rename("after"))
		tr.must(s.End())
		e.until(s, "session_terminated", 1)
		e.wantNames(s, tr.comingUp()+tr.goingDown())
	}},
	{name: "events/of somebody else: none", is: func(tr *trial) {
		e := tr.listen(site.Bob)
		s := tr.create(site.Spec{})
		mine := tr.create(site.Spec{User: site.Bob})
		e.until(mine, "kernel_started", 1)
		e.wantNames(s, "")
	}},
	{name: "events/somebody else's key is 403", is: func(tr *trial) {
		other := "/events/session?ownerAccessKey=" + tr.keys(site.Bob).AccessKey
		tr.want(tr.ask(site.Alice, "GET", other, ""), answer{http.StatusForbidden, "generic-forbidden"})
	}},
}
