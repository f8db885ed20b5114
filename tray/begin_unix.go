//go:build unix

package tray

import (
	"os/exec"
	"syscall"
)

// begin starts a program that goes on when the tray, or its terminal, ends.
func begin(env, argv []string) (wait func() error, err error) {
	cmd := exec.Command(argv[0], argv[1:]...)
	cmd.Env = env
	background(cmd)
	return cmd.Wait, cmd.Start()
}

// background is the same, for what nobody is to see.
func background(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true} }
