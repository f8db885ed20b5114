package tray

import (
	"errors"
	"os"
	"os/exec"
	"syscall"
	"unicode/utf16"
	"unsafe"

	"golang.org/x/sys/windows"
)

// begin starts a program that goes on when the tray ends, in a console of its own if
// it wants one. Package exec cannot: it always says what standard input is, and says
// that it is nothing, so that what is typed into the console would never arrive.
func begin(env, argv []string) (wait func() error, err error) {
	program, err := windows.UTF16PtrFromString(argv[0])
	if err != nil {
		return nil, err
	}
	line, err := windows.UTF16PtrFromString(windows.ComposeCommandLine(argv))
	if err != nil {
		return nil, err
	}
	const flags = windows.CREATE_NEW_CONSOLE | windows.CREATE_NEW_PROCESS_GROUP | windows.CREATE_UNICODE_ENVIRONMENT
	var started windows.ProcessInformation
	startup := windows.StartupInfo{Cb: uint32(unsafe.Sizeof(windows.StartupInfo{}))}
	if err := windows.CreateProcess(program, line, nil, nil, false, flags, block(env), nil, &startup, &started); err != nil {
		return nil, &os.PathError{Op: "start", Path: argv[0], Err: err}
	}
	defer windows.CloseHandle(started.Process)
	defer windows.CloseHandle(started.Thread)
	process, err := os.FindProcess(int(started.ProcessId))
	return func() error { return end(process) }, err
}

// end waits for it, and makes an error of a failure.
func end(process *os.Process) error {
	state, err := process.Wait()
	if err == nil && !state.Success() {
		err = errors.New(state.String())
	}
	return err
}

// block is an environment as Windows takes it; nil is the tray's own.
func block(env []string) *uint16 {
	if env == nil {
		return nil
	}
	var text []uint16
	for _, pair := range env {
		text = append(text, utf16.Encode([]rune(pair+"\x00"))...)
	}
	return &append(text, 0)[0]
}

// background gives it none, so that no window appears.
func background(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{CreationFlags: windows.CREATE_NO_WINDOW | windows.CREATE_NEW_PROCESS_GROUP}
}
