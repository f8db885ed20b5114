package install

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
)

func (s *Service) agent() agent {
	library := filepath.Join(s.Home.Dir, "Library")
	return agent{
		file:   file{path: filepath.Join(library, "LaunchAgents", Label+".plist"), open: "<!-- ", close: " -->"},
		domain: domain(os.Getuid()),
		plist:  Plist(s.Program, s.log()),
	}
}

func (s *Service) log() string {
	return filepath.Join(s.Home.Dir, "Library", "Logs", Name+".log")
}

// Install has launchd start the engine at the next sign-in to the desktop.
func (s *Service) Install(ctx context.Context) (changed bool, err error) {
	if err := s.checkHome(); err != nil {
		return false, err
	}
	return s.agent().install(ctx)
}

// Uninstall ends the engine and removes what Install wrote.
func (s *Service) Uninstall(ctx context.Context) (changed bool, err error) {
	return s.agent().uninstall(ctx)
}

// Start starts the engine.
func (s *Service) Start(ctx context.Context) error {
	if err := s.checkSignedIn(); err != nil {
		return err
	}
	return s.agent().start(ctx)
}

// Stop ends the engine until it is started, or the user signs in again.
func (s *Service) Stop(ctx context.Context) error { return s.agent().stop(ctx) }

// Restart ends the engine, and all connections through it, and starts it again.
func (s *Service) Restart(ctx context.Context) error {
	if err := s.checkSignedIn(); err != nil {
		return err
	}
	return s.agent().restart(ctx)
}

// Status asks launchd.
func (s *Service) Status(ctx context.Context) (Status, error) {
	st, err := s.agent().status(ctx)
	return st.Status, err
}

// SignedIn starts a service that had nothing to run for until now.
func (s *Service) SignedIn(ctx context.Context) (started bool, err error) {
	if s.Home.Given {
		return false, nil
	}
	if st, err := s.Status(ctx); err != nil || !st.Enabled || st.Running {
		return false, err
	}
	return true, s.Start(ctx)
}

// Logs shows the last lines that the engine has logged, and with follow goes on.
func (s *Service) Logs(ctx context.Context, out io.Writer, lines int, follow bool) error {
	args := []string{"-n", strconv.Itoa(lines)}
	if follow {
		args = append(args, "-F")
	}
	cmd := exec.CommandContext(ctx, "tail", append(args, s.log())...)
	cmd.Stdout, cmd.Stderr = out, os.Stderr
	if err := cmd.Run(); err != nil && ctx.Err() == nil {
		return fmt.Errorf("read %s: %w", s.log(), err)
	}
	return nil
}
