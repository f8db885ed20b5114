// Package awake notices when connections that stood may stand no more, although
// nobody has ended them: the machine has slept, its clock was set, or its network
// is another. It looks every few seconds, which all systems allow alike.
package awake

import (
	"context"
	"net"
	"slices"
	"time"
)

// An Event is what was noticed, in words for a log.
type Event string

// The events.
const (
	Jumped Event = "the clock jumped, as after a sleep"
	Moved  Event = "the network is another one"
	Back   Event = "the network is back as it was"
)

// Lost reports whether connections of before are likely to be dead. On a network
// that was away for a moment, TCP carries them on by itself.
func (e Event) Lost() bool { return e != Back }

// Times of looking.
const (
	pulse = 3 * time.Second
	// tolerance is far more than a busy machine is late by, and less than the
	// shortest silence after which something on the way forgets a connection.
	tolerance = 10 * time.Second
)

// A Watch looks at one machine. The zero value looks at this one.
type Watch struct {
	// Tests replace these; nil is the real thing.
	now       func() time.Time
	addresses func() []string
}

// Run tells of events until ctx ends.
func (w Watch) Run(ctx context.Context, tell func(Event)) {
	if w.now == nil {
		w.now = time.Now
	}
	if w.addresses == nil {
		w.addresses = addresses
	}
	clock := clock{last: w.now()}
	network := network{known: w.addresses()}
	network.last = network.known
	tick := time.NewTicker(pulse)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		jumped := clock.jumped(w.now())
		event := network.look(w.addresses())
		if jumped {
			event = Jumped
		}
		if event != "" {
			tell(event)
		}
	}
}

// A clock compares the time of day with the pulse. Timers stand still while a machine
// sleeps, or fire late after it, by system; the time of day has gone on with all.
type clock struct{ last time.Time }

func (c *clock) jumped(now time.Time) bool {
	passed := now.Round(0).Sub(c.last.Round(0)) // without the monotonic reading
	c.last = now
	return (passed - pulse).Abs() > tolerance
}

// A network is told by the machine's addresses.
type network struct {
	known []string // with which the connections of now were made, as far as we know
	last  []string
}

// look says nothing of addresses that go: they may come again in a moment.
func (n *network) look(now []string) Event {
	gained := slices.ContainsFunc(now, func(a string) bool { return !slices.Contains(n.last, a) })
	n.last = now
	switch {
	case !gained:
		return ""
	case slices.Equal(now, n.known):
		return Back
	}
	n.known = now
	return Moved
}

// addresses are those by which others can be reached. Containers and virtual
// machines of the user's come and go with addresses of their link alone.
func addresses() (list []string) {
	all, err := net.InterfaceAddrs()
	if err != nil {
		return nil
	}
	for _, a := range all {
		if ip, ok := a.(*net.IPNet); ok && ip.IP.IsGlobalUnicast() {
			list = append(list, ip.IP.String())
		}
	}
	slices.Sort(list)
	return list
}
