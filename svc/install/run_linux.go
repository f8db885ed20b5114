package install

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"

	"github.com/kardianos/service"
)

// Start starts the engine, and returns when it answers.
func (s *Service) Start(ctx context.Context) error {
	return s.bringUp(ctx, service.Service.Start)
}

// Restart ends the engine, and all connections through it, and starts it again.
func (s *Service) Restart(ctx context.Context) error {
	return s.bringUp(ctx, service.Service.Restart)
}

// bringUp goes by what became of the engine: package service keeps nothing of what
// systemctl says when it fails.
func (s *Service) bringUp(ctx context.Context, do func(service.Service) error) error {
	m, err := s.installed(ctx)
	if err != nil {
		return err
	}
	if err := s.checkSignedIn(); err != nil {
		return err
	}
	systemctl(ctx, "reset-failed", unitName) // so that earlier crashes do not count
	failure := do(m)
	st, err := s.Status(ctx)
	if err == nil {
		err = afterStart(st)
	}
	if err == nil && failure != nil {
		err = &StartError{State: st.State}
	}
	return err
}

// Stop ends the engine until it is started, or the user signs in again.
func (s *Service) Stop(ctx context.Context) error {
	m, err := s.installed(ctx)
	if err != nil {
		return err
	}
	if err := m.Stop(); err != nil {
		return fmt.Errorf("stop the service: systemctl: %w", err)
	}
	return nil
}

func (s *Service) installed(ctx context.Context) (service.Service, error) {
	if err := reach(ctx); err != nil {
		return nil, err
	}
	if st, err := s.Status(ctx); err != nil || !st.Installed && !st.Running {
		return nil, cmp.Or(err, ErrNotInstalled)
	}
	return s.manager()
}

// SignedIn starts a service that had nothing to run for until now.
func (s *Service) SignedIn(ctx context.Context) (started bool, err error) {
	if s.Home.Given || reach(ctx) != nil {
		return false, nil
	}
	if st, err := s.Status(ctx); err != nil || !st.Enabled || st.Running {
		return false, err
	}
	return true, s.Start(ctx)
}

// Logs shows the last lines that the engine has logged, and with follow goes on.
func (s *Service) Logs(ctx context.Context, out io.Writer, lines int, follow bool) error {
	args := []string{"--quiet", "--no-pager", "--user-unit", unitName, "--lines", strconv.Itoa(lines)}
	if follow {
		args = append(args, "--follow")
	}
	shown := &counter{to: out}
	cmd := exec.CommandContext(ctx, "journalctl", args...)
	cmd.Stdout, cmd.Stderr = shown, os.Stderr
	err := cmd.Run()
	switch {
	case ctx.Err() != nil:
		return nil
	case shown.bytes == 0:
		return ErrNoLog // a journal that one may not read says nothing else
	case err != nil:
		return fmt.Errorf("read the journal: %w", err)
	}
	return nil
}

// A counter counts what it passes on.
type counter struct {
	to    io.Writer
	bytes int
}

func (c *counter) Write(p []byte) (int, error) {
	c.bytes += len(p)
	return c.to.Write(p)
}
