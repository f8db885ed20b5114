//go:build unix

package tray

import (
	"os/exec"
	"syscall"
)

// detach has a program go on when the tray, or its terminal, ends.
func detach(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true} }

// background is the same, for what nobody is to see.
func background(cmd *exec.Cmd) { detach(cmd) }
