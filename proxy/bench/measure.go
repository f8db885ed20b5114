package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
)

// results are the sheets of each contender, one a round.
type results [contenderCount][]sheet

// measure runs all rounds and cleans up.
func measure(ctx context.Context, o options) (all results, err error) {
	dir, err := os.MkdirTemp("", "baissh-bench-")
	if err != nil {
		return all, err
	}
	defer os.RemoveAll(dir)
	if err := writeCert(dir); err != nil {
		return all, err
	}
	for round := range o.rounds + 1 {
		fmt.Fprintf(os.Stderr, "round %d of %d\n", round, o.rounds)
		sheets, err := measureRound(ctx, o, dir, profileFolder(o, round))
		if err != nil {
			return all, err
		}
		for i, s := range sheets {
			if round > 0 { // the first one warms up
				all[i] = append(all[i], s)
			}
		}
	}
	return all, measureIdle(ctx, o, dir, &all)
}

// profileFolder keeps the last round's profiles.
func profileFolder(o options, round int) string {
	if round == o.rounds {
		return o.profilesDir
	}
	return ""
}

// measureRound runs the contenders in a random order, so that none always finds
// a machine that another has warmed up or slowed down.
func measureRound(ctx context.Context, o options, dir, profilesDir string) (sheets [contenderCount]sheet, err error) {
	c, err := assemble(ctx, dir, profilesDir)
	if err != nil {
		return sheets, err
	}
	defer c.dismiss()
	for _, i := range rand.Perm(contenderCount) {
		sheets[i] = blankSheet()
		if err := c.contenders[i].streams(ctx, o.size, &sheets[i]); err != nil {
			return sheets, fmt.Errorf("%s: %w", contenderNames[i], err)
		}
	}
	return sheets, measureWaits(ctx, o, c.contenders, &sheets)
}
