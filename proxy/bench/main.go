// Command bench compares baissh's tunnel with a plain TLS tunnel: the same
// tunnel.Tunnel, once over tls.Dial and once over backendai.Client.Dial. Direct
// TCP stands beside them for reference. It prints medians and ratios.
//
//	go run ./proxy/bench            # two minutes at most
//	go run ./proxy/bench -quick     # rough figures, half a minute at most
//
// Each tunnel is a process of its own, so that its CPU time and its memory are
// its own, and the far side is a third. They share the machine's cores, so only
// ratios within one run mean anything. The far side's WebSocket server is a
// yardstick: it believes any signature and has only the one path.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"time"
)

// options say how much is measured.
type options struct {
	rounds      int           // besides one to warm up
	size        int64         // bytes of one transfer
	echoes      int           // round trips in each round
	dials       int           // new connections in each round
	idle        int           // connections left open while memory is read
	limit       time.Duration // for everything
	profilesDir string        // "" for no CPU profiles
}

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// run is the benchmark or, when the first argument names a role, one of the
// processes that it starts.
func run(args []string) error {
	if len(args) > 0 && args[0] == roleFar {
		return runFar(args[1:])
	}
	if len(args) > 0 && args[0] == roleTunnel {
		return runTunnel(args[1:])
	}
	o := parse(args)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	ctx, cancel := context.WithTimeout(ctx, o.limit)
	defer cancel()
	results, err := measure(ctx, o)
	if err != nil {
		if cause := ctx.Err(); cause != nil {
			return fmt.Errorf("not finished within %v: %w", o.limit, err)
		}
		return err
	}
	return show(os.Stdout, results)
}

func parse(args []string) options {
	flags := flag.NewFlagSet("bench", flag.ExitOnError)
	quick := flags.Bool("quick", false, "measure little, in half a minute at most")
	rounds := flags.Int("rounds", 0, "`number` of rounds, besides one to warm up (default 7, quick 3)")
	size := flags.Int64("size", 0, "`MiB` per transfer (default 512, quick 128)")
	limit := flags.Duration("limit", 0, "give up after this `time` (default 3m, quick 30s)")
	profiles := flags.String("cpuprofile", "", "`folder` for a CPU profile of each tunnel in the last round")
	flags.Parse(args)
	o := options{rounds: 7, size: 512, echoes: 3000, dials: 40, idle: 200, limit: 3 * time.Minute}
	if *quick {
		o = options{rounds: 3, size: 128, echoes: 1000, dials: 20, idle: 50, limit: 30 * time.Second}
	}
	if *rounds > 0 {
		o.rounds = *rounds
	}
	if *size > 0 {
		o.size = *size
	}
	if *limit > 0 {
		o.limit = *limit
	}
	o.size <<= 20
	o.profilesDir = *profiles
	return o
}
