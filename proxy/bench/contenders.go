package main

import (
	"context"
	"path/filepath"
	"slices"
)

// The contenders, in the order of the table's columns.
const (
	direct = iota
	plainTLS
	baissh
	contenderCount
)

var contenderNames = [contenderCount]string{"direct TCP", "plain TLS", "baissh"}

// A contender is one way to the far side.
type contender struct {
	name    string
	address string   // where its client connects
	process *process // nil if there is no tunnel
}

// usage asks the tunnel; without one it is zero.
func (c *contender) usage(word string) (u usage, err error) {
	if c.process != nil {
		err = c.process.ask(word, &u)
	}
	return u, err
}

// A cast is the far side and the contenders that lead to it. Every round has its
// own: how the system happens to place a process shows in its figures for as long
// as it lives, up to a third of them.
type cast struct {
	contenders [contenderCount]*contender
	processes  []*process
}

// assemble starts all processes or none.
func assemble(ctx context.Context, dir, profilesDir string) (c *cast, err error) {
	c = &cast{}
	defer func() {
		if err != nil {
			c.dismiss()
		}
	}()
	for i, name := range contenderNames {
		c.contenders[i] = &contender{name: name}
	}
	var far addresses
	if _, err = c.start(ctx, &far, roleFar, dir); err != nil {
		return c, err
	}
	c.contenders[direct].address = far.TCP
	if err = c.tunnel(ctx, plainTLS, kindTLS, dir, far.TLS, profilesDir); err != nil {
		return c, err
	}
	err = c.tunnel(ctx, baissh, kindBaissh, dir, far.WSS, profilesDir)
	return c, err
}

func (c *cast) tunnel(ctx context.Context, i int, kind, dir, far, profilesDir string) (err error) {
	profile := ""
	if profilesDir != "" {
		profile = filepath.Join(profilesDir, kind+".pprof")
	}
	t := c.contenders[i]
	t.process, err = c.start(ctx, &t.address, roleTunnel, kind, dir, far, profile)
	return err
}

func (c *cast) start(ctx context.Context, hello any, args ...string) (*process, error) {
	p, err := start(ctx, hello, args...)
	if err == nil {
		c.processes = append(c.processes, p)
	}
	return p, err
}

// dismiss ends the processes, the far side last.
func (c *cast) dismiss() {
	for _, p := range slices.Backward(c.processes) {
		p.stop()
	}
}
