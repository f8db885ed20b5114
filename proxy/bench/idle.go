package main

import (
	"context"
	"fmt"
	"os"
	"time"
)

const (
	burst = 1 << 20 // bytes each way before a connection goes idle
	// settleTime is more than a tunnel waits before it calls a burst over.
	settleTime = 1500 * time.Millisecond
)

// measureIdle measures in fresh processes, since a heap that was large once does
// not shrink to what it would have been.
func measureIdle(ctx context.Context, o options, dir string, all *results) error {
	cast, err := assemble(ctx, dir, "")
	if err != nil {
		return err
	}
	defer cast.dismiss()
	fmt.Fprintf(os.Stderr, "%d idle connections\n", o.idle)
	for i, c := range cast.contenders {
		s := blankSheet()
		if c.process != nil {
			if err := c.idle(ctx, o.idle, &s); err != nil {
				return fmt.Errorf("%s: %w", c.name, err)
			}
		}
		all[i] = append(all[i], s)
	}
	return nil
}

// idle measures what open connections keep after each has been busy once.
func (c *contender) idle(ctx context.Context, n int, s *sheet) error {
	if err := c.busy(ctx); err != nil { // so that what is needed once is there before
		return err
	}
	time.Sleep(settleTime)
	before, err := c.usage(wordTidy)
	if err != nil {
		return err
	}
	for range n {
		conn, err := c.open(ctx)
		if err != nil {
			return err
		}
		defer conn.Close()
	}
	time.Sleep(settleTime)
	after, err := c.usage(wordTidy)
	if after.Resident > 0 {
		s[idleMemory] = float64(after.Resident-before.Resident) / float64(n)
	}
	s[idleGoroutines] = float64(after.Goroutines-before.Goroutines) / float64(n)
	return err
}

func (c *contender) busy(ctx context.Context) error {
	conn, err := c.open(ctx)
	if err != nil {
		return err
	}
	return conn.Close()
}

// open connects and moves a burst each way.
func (c *contender) open(ctx context.Context) (*client, error) {
	conn, err := connect(ctx, c.address)
	if err != nil {
		return nil, err
	}
	if err := conn.up(burst); err != nil {
		conn.Close()
		return nil, err
	}
	if err := conn.down(burst); err != nil {
		conn.Close()
		return nil, err
	}
	return conn, nil
}
