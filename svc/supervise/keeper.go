package supervise

import (
	"context"
	"log/slog"
	"time"
)

const (
	// stopLimit is how long an engine may take to end in order: long enough to tell
	// every open connection why, short enough for a machine that shuts down.
	stopLimit = 10 * time.Second

	// lookAround is how long a change may go unnoticed that nobody told of.
	lookAround = time.Minute
)

// A Child is the process of one engine.
type Child interface {
	Wait() (exit int) // until it has ended, in whatever way; it is called once
	Stop()            // asks it to end in order
	Kill()            // ends it, and what it started; nothing if it has ended
}

// A Keeper does what [Next] decides.
type Keeper struct {
	Sessions func() ([]Session, error)
	Start    func(Session) (Child, error)
	Log      *slog.Logger

	Changed <-chan struct{} // somebody signed in to the machine, or out
	Ask     <-chan struct{} // a user would have an engine that was given up looked at again

	engines  map[string]Engine
	children map[string]Child
	ends     chan end
}

// An end is that of one user's engine.
type end struct {
	user string
	exit int
}

// Run keeps the engines until ctx ends, and then ends them all.
func (k *Keeper) Run(ctx context.Context) {
	k.engines, k.children, k.ends = map[string]Engine{}, map[string]Child{}, make(chan end)
	for ctx.Err() == nil {
		again := time.NewTimer(k.turn())
		select {
		case <-ctx.Done():
		case <-k.Changed:
		case <-k.Ask:
			k.ask()
		case e := <-k.ends:
			k.note(e)
		case <-again.C:
		}
		again.Stop()
	}
	for user := range k.children {
		k.stop(user)
	}
	for len(k.children) > 0 {
		k.note(<-k.ends)
	}
}

// turn brings what runs in line with who is there, and says when to look again.
// A list that cannot be had changes nothing.
func (k *Keeper) turn() time.Duration {
	sessions, err := k.Sessions()
	if err != nil {
		k.Log.Error("cannot list who is signed in", "error", err)
		return lookAround
	}
	plan := Next(time.Now(), sessions, k.engines)
	for _, user := range plan.Forget {
		delete(k.engines, user)
	}
	for _, user := range plan.Stop {
		k.stop(user)
	}
	for _, s := range plan.Start {
		k.start(s)
	}
	if len(plan.Start) > 0 { // one that could not start has a time of its own
		plan = Next(time.Now(), sessions, k.engines)
	}
	if plan.Again.IsZero() {
		return lookAround
	}
	return min(lookAround, max(0, time.Until(plan.Again)))
}

// start begins an engine anew; one that cannot start is one that crashed.
func (k *Keeper) start(s Session) {
	e := k.engines[s.User]
	if e.Session != s.ID {
		e = Engine{}
	}
	e = e.started(s.ID, time.Now())
	child, err := k.Start(s)
	if err != nil {
		k.Log.Error("cannot start an engine", "user", s.User, "session", s.ID, "error", err)
		k.engines[s.User] = e.ended(exitFailed, time.Now())
		return
	}
	k.engines[s.User], k.children[s.User] = e, child
	go func() { k.ends <- end{s.User, child.Wait()} }()
}

func (k *Keeper) stop(user string) {
	e := k.engines[user]
	if e.Stopping {
		return
	}
	e.Stopping = true
	k.engines[user] = e
	child := k.children[user]
	child.Stop()
	time.AfterFunc(stopLimit, child.Kill)
}

func (k *Keeper) note(e end) {
	before := k.engines[e.user]
	after := before.ended(e.exit, time.Now())
	k.engines[e.user] = after
	delete(k.children, e.user)
	switch {
	case after.Crashes > 0 && !before.Stopping && e.exit != exitNotConfigured:
		k.Log.Warn("an engine ended", "user", e.user, "status", e.exit, "crashes", after.Crashes)
	case e.exit == exitRunning && !before.Other, e.exit == exitUsage: // said once, tried again and again
		k.Log.Warn("an engine would not run", "user", e.user, "status", e.exit)
	}
}

// ask marks whoever has no engine. It is not known who asked: whether somebody is
// set up is for each engine to say.
func (k *Keeper) ask() {
	for user, e := range k.engines {
		if !e.Running {
			e.Asked = true
			k.engines[user] = e
		}
	}
}
