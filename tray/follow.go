package tray

import (
	"context"
	"time"

	"baissh/proxy/state"
)

// askAgain is how long one wait for a change may take. Then all is asked anew: an
// engine that was replaced unnoticed counts its changes from the beginning.
const askAgain = 20 * time.Second

// Pauses between two tries to reach an engine. The longest decides how soon a
// start is seen, and a try costs next to nothing.
const (
	firstPause   = 100 * time.Millisecond
	longestPause = 700 * time.Millisecond
)

// status is what follow asks: control.Client's Status.
type status func(ctx context.Context, index uint64) (*state.Snapshot, error)

// follow tells show each Snapshot, and each failed try to get one, until ctx ends.
func follow(ctx context.Context, ask status, show func(*state.Snapshot, error)) {
	index, pause := uint64(0), firstPause
	for ctx.Err() == nil {
		limited, cancel := context.WithTimeout(ctx, askAgain)
		s, err := ask(limited, index)
		late := limited.Err() != nil
		cancel()
		switch {
		case err == nil:
			index, pause = s.Index, firstPause
			show(s, nil)
		case late:
			index = 0
		default:
			index = 0
			show(nil, err)
			rest(ctx, pause)
			pause = min(2*pause, longestPause)
		}
	}
}

func rest(ctx context.Context, pause time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(pause):
	}
}
