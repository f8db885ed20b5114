// Command installer makes, on Linux, all that is shipped: packages for Debian
// and its like, for Fedora and its like, an MSI, and archives for everything
// else. "make dist" runs it. Two runs for one commit give the same bytes.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"syscall"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "dist: error:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) (err error) {
	flags := flag.NewFlagSet("installer", flag.ContinueOnError)
	out := flags.String("out", "dist", "folder to write to")
	release := flags.String("release", "", "what git describe says")
	maintainer := flags.String("maintainer", "baissh maintainers <baissh@example.org>", "whom the packages name")
	if err := flags.Parse(args); err != nil {
		return err
	}
	made, err := sourceDate()
	if err != nil {
		return err
	}
	work, err := os.MkdirTemp("", "baissh-dist-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(work)
	s := &shipment{
		out: *out, work: work, made: made, maintainer: *maintainer,
		release: *release, version: versionOf(*release, made),
	}
	return s.make(ctx)
}

// sourceDate is the time that everything shipped says it was made at.
func sourceDate() (time.Time, error) {
	const name = "SOURCE_DATE_EPOCH"
	seconds, err := strconv.ParseInt(os.Getenv(name), 10, 64)
	if err != nil {
		return time.Time{}, fmt.Errorf("read %s: %w", name, err)
	}
	return time.Unix(seconds, 0).UTC(), nil
}

// A shipment is all that one commit gives to people.
type shipment struct {
	out        string // where it goes
	work       string // what it is made of, gone afterwards
	release    string // what "baissh version" says
	version    version
	made       time.Time
	maintainer string
	shipped    []string // names in out
}

func (s *shipment) make(ctx context.Context) error {
	if err := s.clear(); err != nil {
		return err
	}
	for _, step := range []struct {
		name string
		do   func(context.Context) error
	}{
		{"programs", s.programs},
		{"man pages and completions", s.pages},
		{"notices of what is linked in", s.notices},
		{"archives", s.archives},
		{"deb and rpm", s.packages},
		{"msi", s.msi},
		{"checksums", s.sums},
	} {
		fmt.Println("dist:", step.name)
		if err := step.do(ctx); err != nil {
			return fmt.Errorf("%s: %w", step.name, err)
		}
	}
	for _, name := range s.shipped {
		fmt.Println("dist: made", filepath.Join(s.out, name))
	}
	return nil
}

// clear takes away what an earlier run has shipped, of whatever version.
func (s *shipment) clear() error {
	if err := os.MkdirAll(s.out, 0o755); err != nil {
		return err
	}
	for _, pattern := range []string{"baissh_*.deb", "baissh-*.rpm", "baissh-*.msi", "baissh-*.zip", "baissh-*.tar.gz", sumsName} {
		names, err := filepath.Glob(filepath.Join(s.out, pattern))
		if err != nil {
			return err
		}
		for _, name := range names {
			if err := os.Remove(name); err != nil {
				return err
			}
		}
	}
	return nil
}

// ship says where a file goes, and remembers it.
func (s *shipment) ship(name string) string {
	s.shipped = append(s.shipped, name)
	return filepath.Join(s.out, name)
}
