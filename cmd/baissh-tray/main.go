// Command baissh-tray shows baissh in the desktop's panel. It is a program of its
// own since on Windows a program with an icon has no console.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"runtime"
	"strings"
	"syscall"

	"baissh/proxy/folders"
	"baissh/proxy/state"
	"baissh/tray"
)

// release is set by the linker for releases.
var release = "dev"

const help = `baissh-tray shows baissh's state in the desktop's panel: which sessions ssh
reaches, and a menu to enable them, to open them and to sign in. It asks the
running engine; closing it changes nothing.

Usage:
  baissh-tray [--home DIR]

Flags:
  --home DIR   the home that "baissh --home DIR" serves (or set BAISSH_HOME)
  --version    print the version
  --help       print this

Exit status: 0 done, or there is a tray already; 1 failed; 2 wrong command line.
`

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// run is the whole program but for the process around it.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("baissh-tray", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	dir := flags.String("home", os.Getenv("BAISSH_HOME"), "")
	version := flags.Bool("version", false, "")
	err := flags.Parse(args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		fmt.Fprint(stdout, help)
		return 0
	case err != nil || flags.NArg() > 0:
		complain(stderr, wrong(err, flags.Args()))
		return 2
	case *version:
		fmt.Fprintf(stdout, "baissh-tray %s %s/%s %s\n", release, runtime.GOOS, runtime.GOARCH, runtime.Version())
		return 0
	}
	home, err := folders.At(*dir)
	if err == nil {
		err = newTray(home, slog.New(slog.NewTextHandler(stderr, nil))).Run(ctx)
	}
	if errors.Is(err, tray.ErrSecond) {
		fmt.Fprintf(stderr, "baissh-tray: %v\n", err)
		return 0
	}
	if err != nil {
		complain(stderr, err)
		return 1
	}
	return 0
}

func wrong(err error, args []string) error {
	if err == nil {
		err = fmt.Errorf("it takes no arguments: %s", strings.Join(args, " "))
	}
	return &state.Problem{Fact: err.Error(), Hint: "baissh-tray --help"}
}

// complain prints an error as a fact and the way out.
func complain(to io.Writer, err error) {
	p := state.AsProblem(err)
	fmt.Fprintf(to, "baissh-tray: error: %s\n", p.Fact)
	if p.Hint != "" {
		fmt.Fprintf(to, "baissh-tray: hint: %s\n", p.Hint)
	}
}
