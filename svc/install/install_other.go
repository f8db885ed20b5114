//go:build !darwin && !linux && !windows

package install

import (
	"context"
	"io"
	"runtime"
)

var errNone = &NoManagerError{Why: "baissh has no service on " + runtime.GOOS + " yet"}

// Install fails.
func (s *Service) Install(context.Context) (changed bool, err error) { return false, errNone }

// Uninstall fails.
func (s *Service) Uninstall(context.Context) (changed bool, err error) { return false, errNone }

// Start fails.
func (s *Service) Start(context.Context) error { return errNone }

// Stop fails.
func (s *Service) Stop(context.Context) error { return errNone }

// Restart fails.
func (s *Service) Restart(context.Context) error { return errNone }

// Status fails.
func (s *Service) Status(context.Context) (Status, error) { return Status{}, errNone }

// Logs fails.
func (s *Service) Logs(_ context.Context, _ io.Writer, _ int, _ bool) error { return errNone }

// SignedIn does nothing.
func (s *Service) SignedIn(context.Context) (started bool, err error) { return false, nil }
