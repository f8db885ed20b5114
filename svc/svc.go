// Package svc is the engine's life in the operating system: one engine a user
// and home, a control socket, and an end that comes in time.
package svc

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"runtime/pprof"
	"time"

	"golang.org/x/sync/errgroup"

	"baissh/proxy"
	"baissh/proxy/folders"
	"baissh/proxy/state"
	"baissh/svc/control"
)

// stopLimit is how long an orderly end may take.
const stopLimit = 30 * time.Second

// Run runs the engine of a home until ctx ends, and calls begun when it is the one that
// does. It fails with a *[RunningError] where another one runs already.
func Run(ctx context.Context, home folders.Home, version string, log *slog.Logger, begun func()) error {
	unlock, err := lock(home)
	if err != nil {
		return err
	}
	defer unlock()
	ln, err := control.Listen(home.Socket())
	if errors.As(err, new(*fs.PathError)) {
		return state.NoStateFolder(home.Runtime, err)
	}
	if err != nil {
		return err
	}
	begun()
	ctx, stop := context.WithCancel(ctx)
	defer watchStop(ctx)() // also where one half ends by itself, and the other is to follow
	defer stop()
	engine := proxy.New(home, version, log)
	var group errgroup.Group
	group.Go(func() error { defer stop(); return control.Serve(ctx, ln, engine, version) })
	group.Go(func() error { defer stop(); return engine.Run(ctx) })
	group.Go(func() error { tellSystemd(ctx, log, engine.Status); return nil })
	return group.Wait()
}

// watchStop gives the end a limit: after it, all goroutines are printed, so that
// the one that hangs can be found, and the process ends.
func watchStop(ctx context.Context) (done func()) {
	finished := make(chan struct{})
	go func() {
		select {
		case <-finished:
			return
		case <-ctx.Done():
		}
		select {
		case <-finished:
		case <-time.After(stopLimit):
			die(os.Stderr)
		}
	}()
	return func() { close(finished) }
}

func die(w io.Writer) {
	fmt.Fprintf(w, "baissh: error: still not stopped after %s; these goroutines run:\n", stopLimit)
	pprof.Lookup("goroutine").WriteTo(w, 2)
	os.Exit(1)
}
