package install

import (
	"context"
	"errors"
	"fmt"
	"unsafe"

	"golang.org/x/sys/windows"
	"golang.org/x/sys/windows/svc"
	"golang.org/x/sys/windows/svc/mgr"
)

// scm opens our service with no more rights than asked for. Package mgr asks for
// all of them, and package service for those to start and stop, which only
// administrators have.
func scm(access uint32) (*mgr.Service, error) {
	manager, err := windows.OpenSCManager(nil, nil, windows.SC_MANAGER_CONNECT)
	if err != nil {
		return nil, wording(err)
	}
	defer windows.CloseServiceHandle(manager)
	name, err := windows.UTF16PtrFromString(Name)
	if err != nil {
		return nil, err
	}
	h, err := windows.OpenService(manager, name, access)
	if err != nil {
		return nil, wording(err)
	}
	return &mgr.Service{Name: Name, Handle: h}, nil
}

// wording makes a value of what a caller decides on.
func wording(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, windows.ERROR_SERVICE_DOES_NOT_EXIST):
		return ErrNotInstalled
	case errors.Is(err, windows.ERROR_ACCESS_DENIED):
		return ErrNeedsAdministrator
	}
	return fmt.Errorf("ask the service control manager: %w", err)
}

// registered is what the service control manager starts, and whether by itself.
func registered(s *mgr.Service) (command string, automatic bool, err error) {
	for size := uint32(1 << 10); ; {
		buffer := make([]byte, size)
		config := (*windows.QUERY_SERVICE_CONFIG)(unsafe.Pointer(&buffer[0]))
		err := windows.QueryServiceConfig(s.Handle, config, size, &size)
		if err == nil {
			return windows.UTF16PtrToString(config.BinaryPathName), config.StartType == windows.SERVICE_AUTO_START, nil
		}
		if !errors.Is(err, windows.ERROR_INSUFFICIENT_BUFFER) || size <= uint32(len(buffer)) {
			return "", false, wording(err)
		}
	}
}

// Status asks the service control manager, which every user may.
func (s *Service) Status(context.Context) (Status, error) {
	service, err := scm(windows.SERVICE_QUERY_CONFIG | windows.SERVICE_QUERY_STATUS)
	if errors.Is(err, ErrNotInstalled) {
		return Status{State: "not installed"}, nil
	}
	if err != nil {
		return Status{}, err
	}
	defer service.Close()
	st := Status{Installed: true}
	if st.File, st.Enabled, err = registered(service); err != nil {
		return Status{}, err
	}
	now, err := service.Query()
	if err != nil {
		return Status{}, wording(err)
	}
	st.Running, st.State, st.PID = now.State == svc.Running, words[now.State], int(now.ProcessId)
	if now.State == svc.Stopped && now.Win32ExitCode != uint32(windows.ERROR_SERVICE_NEVER_STARTED) {
		st.Exit = int(now.Win32ExitCode)
	}
	return st, nil
}

var words = map[svc.State]string{
	svc.Stopped: "stopped", svc.StartPending: "starting", svc.StopPending: "stopping", svc.Running: "running",
	svc.ContinuePending: "continuing", svc.PausePending: "pausing", svc.Paused: "paused",
}
