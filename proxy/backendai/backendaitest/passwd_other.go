//go:build !linux

package backendaitest

import "os/exec"

func canReplacePasswd() bool { return false }

func (c *container) serverCommand(path string, args ...string) *exec.Cmd {
	return c.withServerEnviron(exec.Command(path, args...))
}
