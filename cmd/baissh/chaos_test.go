//go:build chaos && linux

package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"baissh/proxy/backendai/backendaitest"
	"baissh/proxy/state"
)

var (
	seed = flag.Uint64("seed", uint64(time.Now().UnixNano()), "of the chaos: what happens, and when")
	last = flag.Duration("last", 5*time.Minute, "how long the chaos lasts")
)

// A chaos is a world in which something goes wrong several times a second.
type chaos struct {
	*world
	dice     *rand.Rand
	undo     []func() // of faults that go on
	undoAll  []func() // of every fault
	copied   atomic.Int64
	failures atomic.Int64
}

// names are few, so that they are used again and again.
var names = []string{"alpha", "beta", "gamma", "delta", "한글", "with blank", "a_b", "UPPER"}

// faults may happen at any time. The last may stay for some seconds.
var faults = []backendaitest.Fault{
	{At: backendaitest.List, Kind: backendaitest.HTMLPage, Times: 2},
	{At: backendaitest.List, Kind: backendaitest.HalfBody, Times: 1},
	{At: backendaitest.List, Kind: backendaitest.WrongTypes, Times: 1},
	{At: backendaitest.SessionInfo, Kind: backendaitest.Refuse, Times: 2},
	{At: backendaitest.Download, Kind: backendaitest.TruncatedBody, Times: 2},
	{At: backendaitest.Tunnel, Kind: backendaitest.DropTunnel, After: 300 << 10, Times: 2},
	{At: backendaitest.Tunnel, Kind: backendaitest.ResetTunnel, After: 2 << 20, Times: 1},
	{At: backendaitest.Tunnel, Kind: backendaitest.GoingAway, Times: 1},
	{At: backendaitest.Tunnel, Kind: backendaitest.RefuseSSH, Times: 2},
	{At: backendaitest.Tunnel, Kind: backendaitest.DeadAgent, Times: 1},
	{At: backendaitest.Tunnel, Kind: backendaitest.NotSSH, Times: 1},
	{At: backendaitest.Events, Kind: backendaitest.CutStream, Times: 1},
	{At: backendaitest.Events, Kind: backendaitest.EndStream, Times: 1},
	{At: backendaitest.Anywhere, Kind: backendaitest.DropCall},
	{At: backendaitest.Anywhere, Kind: backendaitest.Refuse, Status: 503},
}

// Sessions come and go, faults happen, the engine itself ends and begins, and clients
// copy all the while. Every finished copy is right, every failure has a sentence, no
// file is ever invalid, and nothing is left over in the end.
func TestChaos(t *testing.T) {
	need(t, "ssh", "sftp")
	t.Logf("-seed %d", *seed)
	c := &chaos{world: newQuietWorld(t, backendaitest.Options{}), dice: rand.New(rand.NewPCG(*seed, 0))}
	c.furnish()
	for _, name := range names[:4] {
		c.create(backendaitest.SessionSpec{Name: name})
	}
	c.start()
	c.settle()
	before := c.leftovers()

	ctx, cancel := context.WithTimeout(t.Context(), *last)
	defer cancel()
	var clients sync.WaitGroup
	for i := range 3 {
		clients.Go(func() { c.copyAllTheWhile(ctx, rand.New(rand.NewPCG(*seed, uint64(i+1)))) })
	}
	steps := 0
	for ; ctx.Err() == nil && !t.Failed(); steps++ {
		c.step()
		c.whole()
		wait(ctx, time.Duration(c.dice.IntN(400))*time.Millisecond)
	}
	cancel()
	clients.Wait()
	for _, undo := range c.undoAll {
		undo()
	}
	c.create(backendaitest.SessionSpec{Name: "omega"})
	c.settle()
	c.whole()
	t.Logf("%d steps, %d copies with the right sum, %d failures with a sentence", steps, c.copied.Load(), c.failures.Load())
	if c.copied.Load() == 0 {
		t.Error("no copy was finished")
	}
	n := 15 * len(names) // as many sessions as there may be now
	c.flat(before, leftovers{n, n, 64})
}

func wait(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

// step is one thing that happens.
func (c *chaos) step() {
	c.Helper()
	sessions := c.living()
	any := func() *backendaitest.Session { return sessions[c.dice.IntN(len(sessions))] }
	switch n := c.dice.IntN(100); {
	case n < 25 && len(sessions) < len(names) || len(sessions) == 0:
		c.create(backendaitest.SessionSpec{Name: names[c.dice.IntN(len(names))]})
	case n < 40:
		any().End()
	case n < 45:
		any().Crash()
	case n < 55:
		_ = any().Restart()
	case n < 60:
		_ = any().Rename(names[c.dice.IntN(len(names))])
	case n < 65:
		policy := []string{"auto", "manual"}[c.dice.IntN(2)]
		c.set("", "policy", policy)
	case n < 67:
		c.stop()
		c.start()
	case n < 75 && len(c.undo) > 0:
		c.undo[0]()
		c.undo = c.undo[1:]
	default:
		fault := faults[c.dice.IntN(len(faults))]
		undo := c.manager.Inject(fault)
		c.undoAll = append(c.undoAll, undo) // one that has not struck yet would in the end
		if fault.Times == 0 {
			c.undo = append(c.undo, undo)
		}
	}
}

// living are the sessions that have not ended.
func (c *chaos) living() (list []*backendaitest.Session) {
	for _, s := range c.manager.Sessions() {
		if !(state.Session{Status: s.Status()}).Gone() {
			list = append(list, s)
		}
	}
	return list
}

// settle waits until nothing is on its way any more, and each session that lives is a host.
func (c *chaos) settle() {
	c.Helper()
	c.set("", "policy", "auto")
	c.until("the engine answers", func(*state.Snapshot) bool { return true })
	c.baissh("", "reload")
	c.until("all is quiet", func(s *state.Snapshot) bool {
		hosts := 0
		for _, h := range s.Hosts {
			if h.State == state.Starting || h.State == state.Waiting || h.Connections > 0 {
				return false
			}
			if h.State != state.Over {
				hosts++
			}
		}
		return hosts == len(c.living())
	})
}

// copyAllTheWhile puts files and gets them back, as a user with a script would.
func (c *chaos) copyAllTheWhile(ctx context.Context, dice *rand.Rand) {
	for n := 0; ctx.Err() == nil; n++ {
		s, err := c.client.Status(ctx, 0)
		if err != nil || len(s.Hosts) == 0 {
			wait(ctx, 100*time.Millisecond)
			continue
		}
		h := s.Hosts[dice.IntN(len(s.Hosts))]
		if h.State != state.Ready {
			wait(ctx, 100*time.Millisecond)
			continue
		}
		c.copyThereAndBack(ctx, h.Alias, fmt.Sprintf("file-%d-%d", dice.Uint32(), n), dice)
	}
}

func (c *chaos) copyThereAndBack(ctx context.Context, alias, name string, dice *rand.Rand) {
	file := filepath.Join(c.home.Dir, name)
	text := make([]byte, dice.IntN(3<<20))
	for i := range text {
		text[i] = byte(dice.Uint32())
	}
	if err := os.WriteFile(file, text, 0o600); err != nil {
		c.Error(err)
		return
	}
	defer os.Remove(file)
	defer os.Remove(file + ".back")
	if !c.copies(ctx, "put", file, alias+":") || !c.copies(ctx, "get", alias+":"+name, file+".back") {
		return
	}
	got, err := os.ReadFile(file + ".back")
	if err != nil || sha256.Sum256(got) != sha256.Sum256(text) {
		c.Errorf("%s: %d bytes came back of %d: %v", alias, len(got), len(text), err)
	}
	c.copied.Add(1)
}

// copies reports whether a copy was finished. One that was not says why.
func (c *chaos) copies(ctx context.Context, args ...string) bool {
	limited, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	var complaint bytes.Buffer
	code := run(limited, append([]string{"--home", c.home.Dir}, append(args, "--quiet")...), nil, io.Discard, &complaint)
	switch {
	case code == exitOK:
		return true
	case ctx.Err() != nil:
		return false
	case limited.Err() != nil:
		c.Errorf("%s did not end within a minute", args)
	case !strings.HasPrefix(complaint.String(), "baissh: error: ") || len(complaint.String()) < 25:
		c.Errorf("%s: status %d without a sentence: %q", args, code, &complaint)
	}
	c.failures.Add(1)
	return false
}
