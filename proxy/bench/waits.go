package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"
)

// turns is how often in a round the contenders take turns at the short figures.
// Where two processes that wake each other run, on one core or on two, decides
// more than what they do; each turn is another throw of these dice.
const turns = 10

// waits are the times of one contender in one round.
type waits struct{ trips, dials []time.Duration }

// measureWaits measures what one waits for after a key press and at the start.
func measureWaits(ctx context.Context, o options, contenders [contenderCount]*contender, sheets *[contenderCount]sheet) error {
	var all [contenderCount]waits
	for range turns {
		for _, i := range rand.Perm(contenderCount) {
			if err := contenders[i].turn(ctx, o, &all[i]); err != nil {
				return fmt.Errorf("%s: %w", contenders[i].name, err)
			}
		}
	}
	for i, w := range all {
		sheets[i][trip50] = in(time.Microsecond, percentile(w.trips, 50))
		sheets[i][trip99] = in(time.Microsecond, percentile(w.trips, 99))
		sheets[i][firstByte] = in(time.Millisecond, percentile(w.dials, 50))
	}
	return nil
}

func (c *contender) turn(ctx context.Context, o options, w *waits) error {
	for range o.dials / turns {
		begin := time.Now()
		conn, err := connect(ctx, c.address)
		if err != nil {
			return err
		}
		w.dials = append(w.dials, time.Since(begin))
		conn.Close()
	}
	conn, err := connect(ctx, c.address)
	if err != nil {
		return err
	}
	defer conn.Close()
	trips, err := conn.echoes(o.echoes / turns)
	w.trips = append(w.trips, trips...)
	return err
}

func in(unit, d time.Duration) float64 { return float64(d) / float64(unit) }
