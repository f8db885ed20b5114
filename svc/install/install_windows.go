package install

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/kardianos/service"
	"golang.org/x/sys/windows"
	"golang.org/x/sys/windows/svc/mgr"
)

// arguments are what the service control manager starts our program with.
const arguments = "service supervise"

// Install has Windows start the supervisor with the machine. It runs as SYSTEM,
// and starts each user's engine with that user's own rights.
func (s *Service) Install(ctx context.Context) (changed bool, err error) {
	if err := checkPlace(s.Program); err != nil {
		return false, err
	}
	st, err := s.Status(ctx)
	if err != nil {
		return false, err
	}
	if st.Installed {
		return s.refresh(st)
	}
	if err := s.manager().Install(); err != nil {
		return false, wording(err)
	}
	if err := keepAlive(); err != nil {
		return false, errors.Join(err, s.manager().Uninstall())
	}
	return true, nil
}

// manager has package service do what it does well. It creates the service and
// the source of its events; its Status wants rights that users have not, its
// failure actions are one and forgotten after ten seconds, and its Uninstall
// leaves a service that runs until the next boot.
func (s *Service) manager() service.Service {
	// New only refuses an empty name.
	m, _ := service.New(nil, &service.Config{
		Name: Name, DisplayName: displayName, Description: description,
		Executable: s.Program, Arguments: strings.Fields(arguments),
	})
	return m
}

// The same words as in wix.json.
const (
	displayName = "SSH for Backend.AI"
	description = "Keeps the compute sessions of each signed-in user reachable by ssh."
)

// refresh makes an installed service start this program by itself.
func (s *Service) refresh(st Status) (changed bool, err error) {
	if !strings.HasSuffix(st.File, arguments) {
		return false, &ForeignError{File: "the service " + Name + " (" + st.File + ")"}
	}
	want := syscall.EscapeArg(s.Program) + " " + arguments
	if st.File == want && st.Enabled {
		return false, nil
	}
	service, err := scm(windows.SERVICE_CHANGE_CONFIG)
	if err != nil {
		return false, err
	}
	defer service.Close()
	command, err := windows.UTF16PtrFromString(want)
	if err != nil {
		return false, err
	}
	err = windows.ChangeServiceConfig(service.Handle, windows.SERVICE_NO_CHANGE, windows.SERVICE_AUTO_START,
		windows.SERVICE_NO_CHANGE, command, nil, nil, nil, nil, nil, nil)
	return err == nil, wording(err)
}

// keepAlive has Windows start the supervisor again when it ends by itself.
func keepAlive() error {
	service, err := scm(windows.SERVICE_CHANGE_CONFIG | windows.SERVICE_START)
	if err != nil {
		return err
	}
	defer service.Close()
	again := []mgr.RecoveryAction{
		{Type: mgr.ServiceRestart, Delay: 2 * time.Second},
		{Type: mgr.ServiceRestart, Delay: 10 * time.Second},
		{Type: mgr.ServiceRestart, Delay: time.Minute},
	}
	if err := service.SetRecoveryActions(again, uint32((24 * time.Hour).Seconds())); err != nil {
		return wording(err)
	}
	err = service.SetRecoveryActionsOnNonCrashFailures(true)
	if errors.Is(err, windows.ERROR_INVALID_LEVEL) { // Wine has none
		return nil
	}
	return wording(err)
}

// Uninstall stops the service before it takes it out, since Windows would let it
// run on, and let nobody install another.
func (s *Service) Uninstall(ctx context.Context) (changed bool, err error) {
	st, err := s.Status(ctx)
	if err != nil || !st.Installed {
		return false, err
	}
	if err := s.Stop(ctx); err != nil {
		return false, err
	}
	failure := s.manager().Uninstall()
	if st, err := s.Status(ctx); err == nil && !st.Installed {
		return true, nil // what failed is the source of events, which an installer has not made
	}
	return false, wording(failure)
}

// checkPlace wants the program where no user can put another in its place.
func checkPlace(program string) error {
	dir, err := windows.KnownFolderPath(windows.FOLDERID_ProgramFiles, windows.KF_FLAG_DEFAULT)
	if err != nil {
		return fmt.Errorf("find the programs' folder: %w", err)
	}
	if !below(strings.ToLower(program), strings.ToLower(filepath.Clean(dir))) {
		return &ExposedError{Program: program, Folder: dir}
	}
	return nil
}
