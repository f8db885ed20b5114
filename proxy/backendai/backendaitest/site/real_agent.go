//go:build real

package site

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// SignalAgent freezes, thaws or kills the agent of a real site: the process that the
// scripts know and the one that does its work. Nobody can end a session without it.
func SignalAgent(s Site, signal syscall.Signal) error {
	real := s.(*realSite)
	if signal == syscall.SIGKILL {
		real.forget()
	}
	file := filepath.Join(real.said.Folder, "pids", "agent")
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	pid, _, _ := strings.Cut(string(text), " ")
	children, err := os.ReadFile(fmt.Sprintf("/proc/%s/task/%s/children", pid, pid))
	for _, one := range append(strings.Fields(string(children)), pid) {
		var number int
		if _, bad := fmt.Sscan(one, &number); bad != nil {
			return bad
		}
		err = errors.Join(err, syscall.Kill(number, signal))
	}
	return err
}
