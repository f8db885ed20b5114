package backendaitest

import (
	"os"
	"os/exec"
	"strconv"
	"syscall"
)

func shellPath() string {
	if shell := os.Getenv("ComSpec"); shell != "" {
		return shell
	}
	return `C:\Windows\System32\cmd.exe`
}

// command is a command for the shell, or the shell itself if it is empty.
func (c *container) command(line string) *exec.Cmd {
	cmd := &exec.Cmd{Path: shellPath(), Args: []string{"cmd.exe"}, Dir: c.home}
	if line != "" {
		// cmd.exe does not read its line as other programs do; with /s it takes off the outer quotes.
		cmd.SysProcAttr = &syscall.SysProcAttr{CmdLine: `cmd.exe /s /c "` + line + `"`}
	}
	return cmd
}

func alone(*exec.Cmd) {}

func hangUp(cmd *exec.Cmd) { kill(cmd) }

// kill ends the program and those that it started.
func kill(cmd *exec.Cmd) {
	if exec.Command("taskkill", "/t", "/f", "/pid", strconv.Itoa(cmd.Process.Pid)).Run() != nil {
		cmd.Process.Kill()
	}
}

func send(*exec.Cmd, string) {}

func signalOf(*exec.Cmd) string { return "" }
