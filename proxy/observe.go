package proxy

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/cenkalti/backoff/v5"

	"baissh/proxy/backendai"
	"baissh/proxy/state"
)

// Times of observation.
const (
	listPeriod = time.Minute            // with no event at all
	eventPause = 200 * time.Millisecond // events come in swarms; one list serves them all
	firstRetry = time.Second
	lastRetry  = 5 * time.Minute

	// steadyStream is how long a stream must have stood to be opened anew without
	// a growing pause: some gateways cut each one at once.
	steadyStream = 30 * time.Second

	// Without a word of the manager's on how long to be quiet after a 429.
	firstQuiet = time.Minute
	lastQuiet  = 15 * time.Minute
)

// settleTimes are when to look again after an event whose session is on its way:
// a start is told up to 100 ms before the list says RUNNING.
var settleTimes = []time.Duration{0, 250 * time.Millisecond, time.Second, 3 * time.Second}

// A manager is what an observer needs of one.
type manager interface {
	Hello(ctx context.Context) (backendai.Hello, error)
	Sessions(ctx context.Context) ([]state.Session, error)
	Lookup(ctx context.Context, id string) (status string, err error)
	Events(ctx context.Context, opened func(), event func(backendai.Event)) error
}

// An observation is what is known of one profile's sessions.
type observation struct {
	release  string
	sessions map[string]state.Session // by id; those that have ended are not in it
	heard    int                      // events that came before it was made
	err      error                    // of the last try, nil if it was good
	nextTry  time.Time
}

// An observer watches one profile's sessions and tells what it sees.
type observer struct {
	manager manager
	tell    func(observation)
	heard   func(id string, number int) // the numbered event is about this session; may be nil
	log     *slog.Logger
	look    chan struct{} // holds one wish to list soon

	mu       sync.Mutex      // guards what follows
	restarts map[string]int  // container starts by session id
	ran      map[string]bool // sessions that are known to have run
	restless int             // how many of settleTimes are still to come
	events   int             // how many came

	seen observation
}

func newObserver(m manager, known map[string]state.Session, tell func(observation), log *slog.Logger) *observer {
	o := &observer{manager: m, tell: tell, log: log, look: make(chan struct{}, 1), restarts: map[string]int{}, ran: map[string]bool{}}
	o.seen.sessions = maps.Clone(known)
	if o.seen.sessions == nil {
		o.seen.sessions = map[string]state.Session{}
	}
	for id, s := range known {
		o.restarts[id], o.ran[id] = s.Restarts, s.ContainerID != ""
	}
	return o
}

// run observes until ctx ends.
func (o *observer) run(ctx context.Context) {
	var wg sync.WaitGroup
	defer wg.Wait()
	wg.Go(func() { o.watch(ctx) })
	o.list(ctx)
}

// lookSoon asks for a list before the period is over.
func (o *observer) lookSoon() {
	select {
	case o.look <- struct{}{}:
	default:
	}
}

// watch keeps one event stream open. Each opening asks for a list, because what
// happened in between is not told again.
func (o *observer) watch(ctx context.Context) {
	pauses := newPauses()
	for ctx.Err() == nil {
		began := time.Now()
		err := o.manager.Events(ctx, o.lookSoon, o.hear)
		if ctx.Err() != nil {
			return
		}
		if time.Since(began) >= steadyStream {
			pauses.Reset()
		}
		o.log.Debug("the event stream ended", "error", err)
		sleep(ctx, pauseAfter(pauses, err))
	}
}

// hear takes an event as a hint to list, and to look at the host key again when
// a container starts whose session was running already.
func (o *observer) hear(ev backendai.Event) {
	o.mu.Lock()
	o.restless = len(settleTimes)
	o.events++
	number := o.events
	if ev.Name == "kernel_started" {
		o.restarts[ev.SessionID]++
	}
	o.mu.Unlock()
	if o.heard != nil {
		o.heard(ev.SessionID, number)
	}
	o.lookSoon()
}

// list lists whenever it is asked to and once in a period, later and later while
// that fails.
func (o *observer) list(ctx context.Context) {
	pauses := newPauses()
	for ctx.Err() == nil {
		wait := listPeriod
		err := o.observe(ctx)
		if err != nil {
			wait = pauseAfter(pauses, err)
			o.seen.nextTry = time.Now().Add(wait)
		} else {
			pauses.Reset()
			wait = o.settle()
		}
		if ctx.Err() != nil {
			return
		}
		o.tell(o.seen)
		o.wait(ctx, wait, mayHurry(err))
	}
}

// mayHurry reports whether events may have the list asked for sooner. After a 429,
// or for a key pair that is not accepted, that would only make things worse.
func mayHurry(err error) bool {
	kind := backendai.KindOf(err)
	return err == nil || kind != backendai.Limited && kind != backendai.SignIn
}

// wait returns when it is time to list again.
func (o *observer) wait(ctx context.Context, d time.Duration, hurry bool) {
	look := o.look
	if !hurry {
		look = nil
	}
	sleep(ctx, min(d, eventPause))
	timer := time.NewTimer(max(0, d-eventPause))
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	case <-look:
	}
}

// settle is the time to the next list: soon, while a session is on its way
// after an event, else the period.
func (o *observer) settle() time.Duration {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.restless > 1 && slices.ContainsFunc(slices.Collect(maps.Values(o.seen.sessions)), onItsWay) {
		o.restless--
		return settleTimes[len(settleTimes)-o.restless]
	}
	o.restless = 0
	return listPeriod
}

func onItsWay(s state.Session) bool { return !s.Running() && s.Status != "ERROR" }

// observe lists once. On an error everything that was known stays.
func (o *observer) observe(ctx context.Context) error {
	o.mu.Lock()
	o.seen.heard = o.events
	o.mu.Unlock()
	err := o.tryObserve(ctx)
	o.seen.err = err
	return err
}

func (o *observer) tryObserve(ctx context.Context) error {
	if o.seen.release == "" {
		hello, err := o.manager.Hello(ctx)
		if err != nil {
			return err
		}
		o.seen.release = hello.Release
	}
	listed, err := o.manager.Sessions(ctx)
	if err != nil {
		return err
	}
	o.merge(ctx, listed)
	return nil
}

// merge takes over a list. A session that is missing from it is looked up by
// its id, and only that answer can end it; while there is none it stays as it was.
func (o *observer) merge(ctx context.Context, listed []state.Session) {
	now := map[string]state.Session{}
	for _, s := range listed {
		if !s.Gone() {
			now[s.ID] = o.counted(s)
		}
	}
	asking := true
	for id, s := range o.seen.sessions {
		if _, ok := now[id]; ok {
			continue
		}
		ended := false
		if asking {
			s.Status, ended, asking = o.lookUp(ctx, s)
		}
		if !ended {
			now[id] = s
		}
	}
	o.seen.sessions = now
	o.seen.nextTry = time.Time{}
}

// lookUp asks for the status of one session. After a failure nobody else is to
// be asked about: the next list is soon enough.
func (o *observer) lookUp(ctx context.Context, s state.Session) (status string, ended, ok bool) {
	status, err := o.manager.Lookup(ctx, s.ID)
	switch {
	case err != nil && backendai.KindOf(err) == backendai.Gone:
		return s.Status, true, true
	case err != nil:
		o.log.Info("a session that is not in the list could not be looked up", "session", s.Name, "error", err)
		return s.Status, false, false
	}
	return status, state.Session{Status: status}.Gone(), true
}

// counted adds what is known of restarts: by events, and by having seen the
// session restart. The start that made it run in the first place is not one.
func (o *observer) counted(s state.Session) state.Session {
	o.mu.Lock()
	defer o.mu.Unlock()
	before := o.seen.sessions[s.ID]
	switch {
	case !o.ran[s.ID]:
		o.ran[s.ID], o.restarts[s.ID] = s.Running(), before.Restarts
	case s.Running() && before.Status == "RESTARTING" && o.restarts[s.ID] == before.Restarts:
		o.restarts[s.ID]++ // no event came
	}
	s.Restarts = o.restarts[s.ID]
	return s
}

func newPauses() *backoff.ExponentialBackOff {
	b := backoff.NewExponentialBackOff()
	b.InitialInterval, b.MaxInterval = firstRetry, lastRetry
	return b
}

// pauseAfter is how long to wait after a failure. A refused key pair is asked
// about rarely; a new one is tried at once by another way.
func pauseAfter(pauses *backoff.ExponentialBackOff, err error) time.Duration {
	next := pauses.NextBackOff()
	var e *backendai.Error
	if !errors.As(err, &e) {
		return next
	}
	switch {
	case e.Kind == backendai.SignIn:
		return lastRetry
	case e.Kind == backendai.Limited && e.RetryAfter > 0:
		return e.RetryAfter
	case e.Kind == backendai.Limited:
		return min(next*time.Duration(firstQuiet/firstRetry), lastQuiet)
	}
	return next
}

// sleep waits for d or until ctx ends.
func sleep(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}

// newestFirst orders sessions for people and for the cap of policy "auto".
func newestFirst(a, b state.Session) int {
	if c := b.CreatedAt.Compare(a.CreatedAt); c != 0 {
		return c
	}
	return strings.Compare(a.ID, b.ID)
}
