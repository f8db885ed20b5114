package proxy

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"baissh/proxy/backendai"
	"baissh/proxy/state"
)

// Times of observation.
const (
	listPeriod = time.Minute            // with no event at all
	eventPause = 200 * time.Millisecond // events come in swarms; one list serves them all
	firstRetry = time.Second
	lastRetry  = time.Minute
	signInWait = 5 * time.Minute // a key pair that was refused will not be taken soon
	streamWait = 5 * time.Minute // the list's success opens it sooner

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
	rouse   chan struct{} // holds one wish to open the stream soon
	fresh   atomic.Bool   // failures so far say nothing of the next try
	well    atomic.Bool   // the last list was good
	asked   atomic.Int64  // when the list under way was asked for, in ns; 0 while none is

	mu       sync.Mutex       // guards what follows
	lives    map[string]*life // by session id
	restless int              // how many of settleTimes are still to come
	events   int              // how many came
	calls    map[*call]bool   // under way

	seen observation
}

func newObserver(m manager, known map[string]state.Session, tell func(observation), log *slog.Logger) *observer {
	o := &observer{manager: m, tell: tell, log: log, look: make(chan struct{}, 1), rouse: make(chan struct{}, 1), lives: map[string]*life{}, calls: map[*call]bool{}}
	o.seen.sessions = maps.Clone(known)
	if o.seen.sessions == nil {
		o.seen.sessions = map[string]state.Session{}
	}
	for id, s := range known {
		o.lives[id] = &life{ran: s.ContainerID != "", restarts: s.Restarts, listed: s.Restarts}
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

// list lists whenever it is asked to and once in a period, later and later while
// that fails.
func (o *observer) list(ctx context.Context) {
	pauses := newPauses()
	for ctx.Err() == nil {
		wait := listPeriod
		err := o.observe(ctx)
		if errors.Is(err, errRenewed) {
			continue
		}
		wasWell := o.well.Swap(err == nil)
		if err != nil {
			wait = pauseAfter(pauses, err)
			o.seen.nextTry = time.Now().Add(wait)
		} else {
			pauses.Reset()
			wait = o.settle()
			if !wasWell {
				o.openSoon()
			}
		}
		if ctx.Err() != nil {
			return
		}
		o.tell(o.seen)
		o.wait(ctx, wait, mayHurry(err))
		if o.fresh.Swap(false) {
			pauses.Reset()
		}
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
	o.asked.Store(time.Now().UnixNano())
	defer o.asked.Store(0)
	ctx, done := o.calling(ctx)
	defer done()
	err := o.tryObserve(ctx)
	if err != nil && context.Cause(ctx) == errRenewed {
		return errRenewed
	}
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

// newestFirst orders sessions for people and for the cap of policy "auto".
func newestFirst(a, b state.Session) int {
	if c := b.CreatedAt.Compare(a.CreatedAt); c != 0 {
		return c
	}
	return strings.Compare(a.ID, b.ID)
}
