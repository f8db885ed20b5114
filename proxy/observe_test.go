package proxy

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"baissh/proxy/backendai"
	"baissh/proxy/state"
)

// A quietManager has sessions to which nothing happens, and counts what it is asked.
type quietManager struct {
	sessions                       []state.Session
	hellos, lists, lookups, events atomic.Int32
	down, cuts, limit, hangs       atomic.Bool // cuts ends each stream as soon as it stands
	tell                           chan backendai.Event
}

var errDown = &backendai.Error{Kind: backendai.Retry, Op: "ask", Err: errors.New("nobody listens")}

func (m *quietManager) Hello(context.Context) (backendai.Hello, error) {
	m.hellos.Add(1)
	return backendai.Hello{API: "v7", Release: "23.09.11"}, m.trouble()
}

func (m *quietManager) trouble() error {
	if m.limit.Load() {
		return &backendai.Error{Kind: backendai.Limited, Op: "ask", Status: 429, RetryAfter: time.Minute}
	}
	if m.down.Load() {
		return errDown
	}
	return nil
}

func (m *quietManager) Sessions(ctx context.Context) ([]state.Session, error) {
	m.lists.Add(1)
	if m.hangs.Load() {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	return m.sessions, m.trouble()
}

func (m *quietManager) Lookup(context.Context, string) (string, error) {
	m.lookups.Add(1)
	return "RUNNING", m.trouble()
}

func (m *quietManager) Events(ctx context.Context, opened func(), event func(backendai.Event)) error {
	m.events.Add(1)
	if err := m.trouble(); err != nil {
		return err
	}
	opened()
	if m.cuts.Load() {
		return errDown
	}
	for {
		select {
		case ev := <-m.tell:
			event(ev)
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// watch observes a manager to the end of the test, in a bubble of time.
func watch(t *testing.T, m *quietManager) *observer {
	m.tell = make(chan backendai.Event)
	ctx, cancel := context.WithCancel(t.Context())
	o := newObserver(m, nil, func(observation) {}, slog.New(slog.DiscardHandler))
	done := make(chan struct{})
	go func() { defer close(done); o.run(ctx) }()
	t.Cleanup(func() { cancel(); <-done })
	return o
}

func manySessions(n int) []state.Session {
	var list []state.Session
	for i := range n {
		list = append(list, running(string(rune('a'+i)), "idle", 0))
	}
	return list
}

// Twenty sessions and an hour: a list a minute, and one stream.
func TestAnHourOfQuiet(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &quietManager{sessions: manySessions(20)}
		watch(t, m)
		time.Sleep(time.Hour)
		if got := m.lists.Load(); got < 55 || got > 62 {
			t.Errorf("%d lists in an hour, want about one a minute", got)
		}
		if m.events.Load() != 1 || m.hellos.Load() != 1 || m.lookups.Load() != 0 {
			t.Errorf("%d streams, %d hellos, %d look-ups, want 1, 1, 0", m.events.Load(), m.hellos.Load(), m.lookups.Load())
		}
	})
}

// A session that stays on its way for an hour is no reason to ask more often.
func TestAnHourOfPending(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		pending := running("a", "pending", 0)
		pending.Status = "PENDING"
		m := &quietManager{sessions: []state.Session{pending}}
		watch(t, m)
		m.tell <- backendai.Event{Name: "session_scheduled", SessionID: "a"}
		time.Sleep(time.Hour)
		if got := m.lists.Load(); got > 70 {
			t.Errorf("%d lists in an hour, want about one a minute", got)
		}
	})
}

// Events come in swarms. One list serves them all.
func TestAStormOfEventsIsAFewLists(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &quietManager{sessions: manySessions(1)}
		watch(t, m)
		time.Sleep(time.Second)
		before := m.lists.Load()
		for range 1000 {
			m.tell <- backendai.Event{Name: "kernel_terminated", SessionID: "z"}
		}
		time.Sleep(10 * time.Second)
		if got := m.lists.Load() - before; got < 1 || got > 5 {
			t.Errorf("%d lists for a thousand events", got)
		}
	})
}

// A manager that is down is asked later and later, never in a hurry.
func TestAManagerThatIsDownIsAskedRarely(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &quietManager{sessions: manySessions(1)}
		m.down.Store(true)
		watch(t, m)
		time.Sleep(time.Hour)
		if asked := m.hellos.Load() + m.lists.Load(); asked > 240 {
			t.Errorf("asked %d times in an hour", asked)
		}
		if got := m.events.Load(); got > 60 {
			t.Errorf("tried %d times to open the stream in an hour", got)
		}
	})
}

// A gateway that cuts each stream at once is not asked for one every second.
func TestAStreamThatIsCutIsOpenedRarely(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &quietManager{sessions: manySessions(1)}
		m.cuts.Store(true)
		watch(t, m)
		time.Sleep(time.Hour)
		if streams, lists := m.events.Load(), m.lists.Load(); streams > 60 || lists > 125 {
			t.Errorf("%d streams and %d lists in an hour", streams, lists)
		}
	})
}

// After a 429 the manager is left alone, whatever events say.
func TestARateLimitIsRespected(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &quietManager{sessions: manySessions(1)}
		watch(t, m)
		time.Sleep(time.Second)
		m.limit.Store(true)
		m.tell <- backendai.Event{Name: "kernel_started", SessionID: "a"}
		time.Sleep(time.Second)
		before := m.lists.Load()
		for range 20 {
			m.tell <- backendai.Event{Name: "kernel_started", SessionID: "a"}
			time.Sleep(time.Second)
		}
		if got := m.lists.Load() - before; got != 0 {
			t.Errorf("%d lists while the manager wants to be left alone", got)
		}
	})
}

// A restart that shows in the list alone, or in an event alone, is one; the first
// start is none, whichever of the two tells first.
func TestRestartsAreCounted(t *testing.T) {
	const event, later, unseen = "kernel_started", "some time", "a restart between two lists"
	tests := map[string]struct {
		steps []string // a list's status, an event, or time that passes
		want  int
	}{
		"the first start":             {[]string{"PENDING", event, "RUNNING"}, 0},
		"its event after the list":    {[]string{"PENDING", "RUNNING", event, "RUNNING"}, 0},
		"seen running, then nothing":  {[]string{"RUNNING", later, "RUNNING"}, 0},
		"an event":                    {[]string{"RUNNING", later, event, "RUNNING"}, 1},
		"the list":                    {[]string{"RUNNING", later, "RESTARTING", "RUNNING"}, 1},
		"event, then list":            {[]string{"RUNNING", later, event, "RESTARTING", "RUNNING"}, 1},
		"in the middle":               {[]string{"RUNNING", later, "RESTARTING", event, "RESTARTING", later, "RUNNING"}, 1},
		"list, then event":            {[]string{"RUNNING", later, "RESTARTING", "RUNNING", event, "RUNNING"}, 1},
		"none saw it":                 {[]string{"RUNNING", unseen, "RUNNING", later, "RUNNING"}, 1},
		"its event after such a list": {[]string{"RUNNING", unseen, "RUNNING", event, "RUNNING"}, 1},
		"its event before":            {[]string{"RUNNING", later, event, unseen, "RUNNING", "RUNNING"}, 1},
		"twice":                       {[]string{"RUNNING", later, "RESTARTING", "RUNNING", later, event, "RUNNING"}, 2},
	}
	for name, tt := range tests {
		synctest.Test(t, func(t *testing.T) {
			o := newObserver(&quietManager{}, nil, nil, slog.New(slog.DiscardHandler))
			changed := time.Now()
			for _, step := range tt.steps {
				switch step {
				case event:
					o.hear(backendai.Event{Name: event, SessionID: "a"})
				case later:
					time.Sleep(time.Minute)
				case unseen:
					changed = changed.Add(time.Second)
				default:
					s := running("a", "train", 0)
					s.Status, s.StatusChanged, s.ContainerID = step, changed, "c"
					o.merge(t.Context(), []state.Session{s})
				}
			}
			if got := o.seen.sessions["a"].Restarts; got != tt.want {
				t.Errorf("%s: %d restarts, want %d", name, got, tt.want)
			}
		})
	}
}
