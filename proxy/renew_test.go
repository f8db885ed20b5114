package proxy

import (
	"testing"
	"testing/synctest"
	"time"
)

// away is an observer whose manager has been away for ten minutes, in a bubble.
func away(t *testing.T) (*quietManager, *observer) {
	m := &quietManager{sessions: manySessions(1)}
	o := watch(t, m)
	<-time.After(time.Minute)
	m.down.Store(true)
	o.renew() // which ends the stream
	<-time.After(10 * time.Minute)
	synctest.Wait()
	m.lists.Store(0)
	m.events.Store(0)
	m.down.Store(false)
	return m, o
}

// Whoever is back after ten minutes is found without a hand, within seconds.
func TestAManagerThatIsBackIsFound(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, _ := away(t)
		time.Sleep(31 * time.Second)
		if m.lists.Load() == 0 || m.events.Load() != 1 {
			t.Errorf("after half a minute: %d lists, %d streams", m.lists.Load(), m.events.Load())
		}
	})
}

// And at once when a client wants to get there.
func TestAClientHasTheManagerTried(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, o := away(t)
		o.hurry()
		time.Sleep(time.Second)
		if m.lists.Load() == 0 || m.events.Load() != 1 {
			t.Errorf("within a second: %d lists, %d streams", m.lists.Load(), m.events.Load())
		}
	})
}

// After a sleep the stream is opened anew and the list asked for, though both hang in a
// network that is gone. Nobody is told of an error.
func TestRenewedAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &quietManager{sessions: manySessions(1)}
		o := watch(t, m)
		time.Sleep(time.Second)
		m.hangs.Store(true)
		o.lookSoon()
		time.Sleep(time.Second)
		lists, streams := m.lists.Load(), m.events.Load()
		m.hangs.Store(false)
		o.tell = func(seen observation) {
			if seen.err != nil {
				t.Errorf("told of %v", seen.err)
			}
		}
		o.renew()
		time.Sleep(time.Second)
		if m.lists.Load() == lists || m.events.Load() != streams+1 {
			t.Errorf("%d lists and %d streams, before %d and %d", m.lists.Load(), m.events.Load(), lists, streams)
		}
	})
}

// A key pair that was refused, and a limit, stay so: nothing hurries them.
func TestNothingHurriesALimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &quietManager{sessions: manySessions(1)}
		o := watch(t, m)
		time.Sleep(time.Second)
		m.limit.Store(true)
		o.lookSoon()
		time.Sleep(time.Second)
		before := m.lists.Load()
		for range 20 {
			o.hurry()
			time.Sleep(time.Second)
		}
		if got := m.lists.Load() - before; got != 0 {
			t.Errorf("%d lists while the manager wants to be left alone", got)
		}
	})
}
