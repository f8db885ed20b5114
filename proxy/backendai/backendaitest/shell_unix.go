//go:build unix

package backendaitest

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

func shellPath() string {
	if shell := os.Getenv("SHELL"); shell != "" {
		return shell
	}
	return "/bin/sh"
}

// command is a command for the shell, or the login shell if it is empty.
func (c *container) command(line string) *exec.Cmd {
	shell := shellPath()
	cmd := &exec.Cmd{Path: shell, Args: []string{filepath.Base(shell), "-c", line}, Dir: c.home}
	if line == "" {
		cmd.Args = []string{"-" + filepath.Base(shell)} // so a shell knows that it is a login
	}
	return cmd
}

// alone gives the program a process group of its own, for signals.
func alone(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true} }

func hangUp(cmd *exec.Cmd) { syscall.Kill(-cmd.Process.Pid, syscall.SIGHUP) }

func kill(cmd *exec.Cmd) { syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }

func send(cmd *exec.Cmd, signal string) {
	if number := unix.SignalNum("SIG" + signal); number != 0 {
		syscall.Kill(-cmd.Process.Pid, number)
	}
}

// signalOf is the name of what killed the program, as ssh has it.
func signalOf(cmd *exec.Cmd) string {
	status, ok := cmd.ProcessState.Sys().(syscall.WaitStatus)
	if !ok || !status.Signaled() {
		return ""
	}
	return strings.TrimPrefix(unix.SignalName(status.Signal()), "SIG")
}
