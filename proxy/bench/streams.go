package main

import (
	"context"
	"time"
)

// streams measures one transfer each way.
func (c *contender) streams(ctx context.Context, size int64, s *sheet) error {
	if err := c.transfer(ctx, size, (*client).up, &s[speedUp], &s[cpuUp]); err != nil {
		return err
	}
	return c.transfer(ctx, size, (*client).down, &s[speedDown], &s[cpuDown])
}

// transfer measures one stream, and the tunnel's CPU time for it where there is one.
func (c *contender) transfer(ctx context.Context, size int64, stream func(*client, int64) error, speed, cpu *float64) error {
	conn, err := connect(ctx, c.address)
	if err != nil {
		return err
	}
	defer conn.Close()
	before, err := c.usage(wordUsage)
	if err != nil {
		return err
	}
	begin := time.Now()
	if err := stream(conn, size); err != nil {
		return err
	}
	took := time.Since(begin)
	after, err := c.usage(wordUsage)
	*speed = float64(size) / (1 << 20) / took.Seconds()
	if after.CPU > 0 {
		*cpu = (after.CPU - before.CPU).Seconds() / float64(size) * (1 << 30)
	}
	return err
}
