package control

import (
	"context"
	"errors"
	"fmt"
	"net"
	"time"

	"golang.org/x/sys/windows"
)

// dial opens the pipe and looks whose it is before a word is said.
func dial(ctx context.Context, path string) (net.Conn, error) {
	h, err := openPipe(ctx, path)
	if errors.Is(err, windows.ERROR_ACCESS_DENIED) {
		return nil, fmt.Errorf("%s belongs to another user", path)
	}
	if err != nil {
		return nil, pipeError("dial", err)
	}
	if err := checkOwner(h, path); err != nil {
		windows.CloseHandle(h)
		return nil, err
	}
	return newPipeConn(h, path), nil
}

// openPipe tries again where all instances are taken: the next one comes at once.
func openPipe(ctx context.Context, path string) (windows.Handle, error) {
	name, err := windows.UTF16PtrFromString(path)
	if err != nil {
		return 0, err
	}
	for {
		h, err := windows.CreateFile(name, windows.GENERIC_READ|windows.GENERIC_WRITE, 0, nil, windows.OPEN_EXISTING,
			windows.FILE_FLAG_OVERLAPPED|windows.SECURITY_SQOS_PRESENT|windows.SECURITY_ANONYMOUS, 0)
		if !errors.Is(err, windows.ERROR_PIPE_BUSY) {
			return h, err
		}
		select {
		case <-ctx.Done():
			return 0, ctx.Err()
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// checkOwner refuses a pipe that another user opened under our name. Who may not
// be its owner cannot pretend to: Windows lets nobody give things away.
func checkOwner(h windows.Handle, path string) error {
	user, err := windows.GetCurrentProcessToken().GetTokenUser()
	if err != nil {
		return fmt.Errorf("look up the user: %w", err)
	}
	descriptor, err := windows.GetSecurityInfo(h, windows.SE_KERNEL_OBJECT, windows.OWNER_SECURITY_INFORMATION)
	if err != nil {
		return fmt.Errorf("look whose %s is: %w", path, err)
	}
	owner, _, err := descriptor.Owner()
	if err != nil {
		return fmt.Errorf("look whose %s is: %w", path, err)
	}
	if !owner.Equals(user.User.Sid) {
		return fmt.Errorf("%s belongs to another user", path)
	}
	return nil
}
