package supervise

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// A machine has users who are signed in, and an engine for each that was started.
type machine struct {
	*testing.T
	changed, ask chan struct{}

	mu       sync.Mutex // guards what follows
	sessions []Session
	broken   bool // nothing can be started
	starts   []Session
	running  map[string]*fakeChild
}

// A fakeChild ends when it is told to, but for a stubborn one.
type fakeChild struct {
	end                       chan int
	stubborn, stopped, killed atomic.Bool
}

func (c *fakeChild) Wait() int { return <-c.end }

func (c *fakeChild) Stop() {
	if c.stopped.Store(true); !c.stubborn.Load() {
		c.end <- exitStopped
	}
}

func (c *fakeChild) Kill() {
	if c.stubborn.Load() {
		c.killed.Store(true)
		c.end <- 1
	}
}

// keep runs a Keeper in a bubble of its own until f returns.
func keep(t *testing.T, f func(m *machine)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		m := &machine{T: t, changed: make(chan struct{}), ask: make(chan struct{}), running: map[string]*fakeChild{}}
		k := &Keeper{Sessions: m.list, Start: m.start, Log: slog.New(slog.DiscardHandler), Changed: m.changed, Ask: m.ask}
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { k.Run(ctx); close(done) }()
		synctest.Wait()
		f(m)
		stop()
		<-done
	})
}

func (m *machine) list() ([]Session, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.sessions), nil
}

func (m *machine) start(s Session) (Child, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.broken {
		return nil, errors.New("broken")
	}
	m.starts = append(m.starts, s)
	m.running[s.User] = &fakeChild{end: make(chan int, 2)}
	return m.running[s.User], nil
}

// are sets who is signed in, and tells.
func (m *machine) are(sessions ...Session) {
	m.mu.Lock()
	m.sessions = sessions
	m.mu.Unlock()
	m.changed <- struct{}{}
	synctest.Wait()
}

// engine is the one that was started last for a user.
func (m *machine) engine(user string) *fakeChild {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.running[user]
}

// setBroken has nothing start any more, or all again.
func (m *machine) setBroken(broken bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.broken = broken
}

// after lets time go by and wants so many starts up to then.
func (m *machine) after(d time.Duration, want int) {
	m.Helper()
	<-time.After(d)
	synctest.Wait()
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.starts) != want {
		m.Errorf("%d engines were started, want %d: %v", len(m.starts), want, m.starts)
	}
}

func TestEngineComesWithTheUserAndGoes(t *testing.T) {
	keep(t, func(m *machine) {
		m.are(Session{1, "ann"}, Session{2, "bob"})
		m.after(0, 2)
		m.are(Session{2, "bob"})
		if !m.engine("ann").stopped.Load() || m.engine("bob").stopped.Load() {
			m.Errorf("after ann's sign-out: ann's engine told to stop %v, bob's %v", m.engine("ann").stopped.Load(), m.engine("bob").stopped.Load())
		}
		m.after(time.Hour, 2)
	})
}

func TestCrashedEngineIsStartedAgain(t *testing.T) {
	keep(t, func(m *machine) {
		m.are(Session{1, "ann"})
		m.engine("ann").end <- 1
		m.after(firstPause-1, 1)
		m.after(1, 2)
		m.engine("ann").end <- 0xC0000005
		m.after(2*firstPause-1, 2)
		m.after(1, 3)
	})
}

func TestEngineThatCannotStartIsTriedLater(t *testing.T) {
	keep(t, func(m *machine) {
		m.setBroken(true)
		m.are(Session{1, "ann"})
		m.setBroken(false)
		m.after(firstPause, 1)
	})
}

func TestWhoSignsInLaterIsSeen(t *testing.T) {
	keep(t, func(m *machine) {
		m.are(Session{1, "ann"})
		m.engine("ann").end <- exitNotConfigured
		m.after(lookAgain-1, 1)
		m.after(1, 2)
		m.engine("ann").end <- exitNotConfigured
		synctest.Wait()
		m.ask <- struct{}{}
		m.after(askedPause, 3)
	})
}

func TestStubbornEngineIsKilled(t *testing.T) {
	keep(t, func(m *machine) {
		m.are(Session{1, "ann"})
		child := m.engine("ann")
		child.stubborn.Store(true)
		m.are()
		if child.killed.Load() {
			m.Error("the engine was killed at once")
		}
		m.after(stopLimit, 1)
		if !child.killed.Load() {
			m.Errorf("the engine was not killed within %s", stopLimit)
		}
	})
}

func TestAllEndsWithTheService(t *testing.T) {
	var child *fakeChild
	keep(t, func(m *machine) {
		m.are(Session{1, "ann"})
		child = m.engine("ann")
	})
	if !child.stopped.Load() || child.killed.Load() {
		t.Errorf("the engine was told to stop: %v, killed: %v", child.stopped.Load(), child.killed.Load())
	}
}
