package awake

import (
	"context"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// A machine is one whose clock and addresses are played with.
type machine struct {
	mu        sync.Mutex    // guards what follows
	slept     time.Duration // what the time of day is ahead of the timers
	addresses []string
	told      []Event
}

// watched is a machine that is looked at to the end of a bubble.
func watched(t *testing.T, addresses ...string) *machine {
	m := &machine{addresses: addresses}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		Watch{
			now:       func() time.Time { defer m.locked()(); return time.Now().Add(m.slept) },
			addresses: func() []string { defer m.locked()(); return m.addresses },
		}.Run(ctx, func(e Event) { defer m.locked()(); m.told = append(m.told, e) })
	}()
	t.Cleanup(func() { cancel(); <-done })
	synctest.Wait()
	return m
}

func (m *machine) locked() (unlock func()) {
	m.mu.Lock()
	return m.mu.Unlock
}

func (m *machine) sleeps(d time.Duration) {
	defer m.locked()()
	m.slept += d
}

func (m *machine) moves(addresses ...string) {
	defer m.locked()()
	m.addresses = addresses
}

func (m *machine) wantTold(t *testing.T, want ...Event) {
	t.Helper()
	<-time.After(pulse)
	synctest.Wait()
	defer m.locked()()
	if !slices.Equal(m.told, want) {
		t.Errorf("told %q, want %q", m.told, want)
	}
	m.told = nil
}

func TestADayOfNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := watched(t, "192.0.2.1")
		time.Sleep(24 * time.Hour)
		m.wantTold(t)
	})
}

func TestJumpsOfTheClock(t *testing.T) {
	for _, jump := range []time.Duration{55 * time.Second, 2 * time.Hour, -20 * time.Minute} {
		synctest.Test(t, func(t *testing.T) {
			m := watched(t, "192.0.2.1")
			m.sleeps(jump)
			m.wantTold(t, Jumped)
			m.wantTold(t) // once
		})
	}
}

// NTP sets a clock by seconds; a machine with much to do is late by some.
func TestSmallStepsAreNone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := watched(t, "192.0.2.1")
		for range 10 {
			m.sleeps(tolerance / 2)
			m.wantTold(t)
		}
	})
}

func TestNetworks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := watched(t, "192.0.2.1")
		m.moves()
		m.wantTold(t) // it may be back in a moment
		m.moves("192.0.2.1")
		m.wantTold(t, Back)
		m.moves()
		m.wantTold(t)
		m.moves("198.51.100.1")
		m.wantTold(t, Moved)
		m.moves("10.0.0.1", "198.51.100.1") // a VPN
		m.wantTold(t, Moved)
		m.moves("198.51.100.1")
		m.wantTold(t)
		m.moves("10.0.0.1", "198.51.100.1")
		m.wantTold(t, Back)
	})
}

func TestThisMachineHasTheSameAddressesTwice(t *testing.T) {
	if a, b := addresses(), addresses(); !slices.Equal(a, b) || slices.Contains(a, "127.0.0.1") {
		t.Errorf("addresses are %q, then %q", a, b)
	}
}
