//go:build chaos

package main

import (
	"fmt"
	"testing"
	"time"
)

// What a user with many sessions does in an hour, in less than one: each of four
// sessions is restarted, renamed, or ended and made anew, again and again, and clients
// come in bursts to the one beside it.
func TestABusyHour(t *testing.T) {
	t.Run("api", func(t *testing.T) { playBusyHour(newBusy(t, newWorld, busyNames...)) })
	t.Run("session", func(t *testing.T) { playBusyHour(newBusy(t, newWebWorld, busyNames...)) })
}

var busyNames = []string{"alpha", "beta", "gamma", "delta"}

func playBusyHour(b *busy) {
	began := time.Now()
	sessions := b.manager.Sessions()
	for round := range 6 {
		for i, s := range sessions {
			name := fmt.Sprintf("session-%d-%d", round, i)
			switch (round + i) % 3 {
			case 0:
				b.restarts(s)
			case 1:
				b.isRenamed(s, name)
			case 2:
				b.ends(s)
				sessions[i] = b.begins(name)
			}
			b.burst(sessions[(i+1)%len(sessions)], 15)
		}
	}
	b.clean(time.Since(began))
}
