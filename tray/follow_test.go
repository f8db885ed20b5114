package tray

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"baissh/proxy/state"
	"baissh/svc/control"
)

// An engine that starts is seen within a second, however long it was away.
func TestAnEngineThatComesBackIsSeenSoon(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		back := time.Now().Add(time.Hour)
		tries := 0
		ask := func(_ context.Context, index uint64) (*state.Snapshot, error) {
			tries++
			if index != 0 {
				t.Errorf("an engine that is away was asked for changes after %d", index)
			}
			if time.Now().Before(back) {
				return nil, control.ErrNoEngine
			}
			return &state.Snapshot{Index: 5}, nil
		}
		follow(ctx, ask, func(s *state.Snapshot, err error) {
			if s != nil {
				cancel()
			}
		})
		if late := time.Since(back); late > time.Second {
			t.Errorf("it was seen after %s", late)
		}
		if tries > 6000 {
			t.Errorf("%d tries in an hour", tries)
		}
	})
}

// A new engine counts from the beginning: a wait for a change that its
// predecessor had already would never end.
func TestAnEngineThatWasReplacedUnnoticedIsSeen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		replaced := false
		ask := func(ctx context.Context, index uint64) (*state.Snapshot, error) {
			switch {
			case index == 0 && replaced:
				cancel()
				return &state.Snapshot{Index: 2}, nil
			case index == 0:
				return &state.Snapshot{Index: 57}, nil
			}
			replaced = true
			<-ctx.Done()
			return nil, ctx.Err()
		}
		follow(ctx, ask, func(_ *state.Snapshot, err error) {
			if err != nil {
				t.Errorf("a wait without a change was shown as %v", err)
			}
		})
		if !replaced {
			t.Error("nobody waited for a change")
		}
	})
}
