package install

import (
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/sys/windows"
	"golang.org/x/sys/windows/svc"

	"baissh/svc/supervise"
)

// scmLimit is how long the service may take to start or to stop. Engines have ten
// seconds to end in order.
const scmLimit = 25 * time.Second

// Start starts the service, for which it takes an administrator. Where it runs, the
// user's engine is looked at again, which every user may ask for.
func (s *Service) Start(ctx context.Context) error {
	st, err := s.Status(ctx)
	switch {
	case err != nil:
		return err
	case !st.Installed:
		return ErrNotInstalled
	case st.Running:
		err = ask()
	default:
		err = s.startAndWait(ctx)
	}
	if err != nil {
		return err
	}
	return s.checkSignedIn()
}

func (s *Service) startAndWait(ctx context.Context) error {
	err := s.manager().Start()
	if err != nil && !errors.Is(err, windows.ERROR_SERVICE_ALREADY_RUNNING) {
		return wording(err)
	}
	if late := s.waitFor(ctx, svc.Running); late != nil {
		return &StartError{State: late.Error()}
	}
	return nil
}

// Stop ends the service, and every user's engine, until the machine starts again.
func (s *Service) Stop(ctx context.Context) error {
	service, err := scm(windows.SERVICE_STOP)
	if err != nil {
		return err
	}
	defer service.Close()
	// Package service would wait here, and for ever.
	_, err = service.Control(svc.Stop)
	if err != nil && !errors.Is(err, windows.ERROR_SERVICE_NOT_ACTIVE) {
		return wording(err)
	}
	if late := s.waitFor(ctx, svc.Stopped); late != nil {
		return fmt.Errorf("stop the service: %w", late)
	}
	return nil
}

// Restart ends all engines, and the connections through them, and starts them again.
func (s *Service) Restart(ctx context.Context) error {
	if err := s.Stop(ctx); err != nil {
		return err
	}
	return s.Start(ctx)
}

func (s *Service) waitFor(ctx context.Context, state svc.State) error {
	ctx, cancel := context.WithTimeout(ctx, scmLimit)
	defer cancel()
	for {
		st, err := s.Status(ctx)
		if err != nil || st.State == words[state] {
			return err
		}
		if !pause(ctx, 50*time.Millisecond) {
			return fmt.Errorf("after %s it is still %s", scmLimit, st.State)
		}
	}
}

// SignedIn has the supervisor look again whether there is something to run for.
func (s *Service) SignedIn(ctx context.Context) (started bool, err error) {
	if s.Home.Given {
		return false, nil
	}
	if st, err := s.Status(ctx); err != nil || !st.Running {
		return false, err
	}
	return true, ask()
}

// ask needs a right that Windows gives to everybody who sits at the machine.
func ask() error {
	service, err := scm(windows.SERVICE_USER_DEFINED_CONTROL)
	if err != nil {
		return err
	}
	defer service.Close()
	_, err = service.Control(supervise.AskControl)
	return wording(err)
}
