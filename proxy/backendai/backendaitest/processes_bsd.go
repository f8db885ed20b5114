//go:build unix && !linux

package backendaitest

import (
	"fmt"
	"os/exec"
	"strings"
	"syscall"
)

func processes() []process {
	var list []process
	table, _ := exec.Command("ps", "-A", "-o", "pid=,ppid=,state=").Output()
	for line := range strings.Lines(string(table)) {
		var p process
		var state string
		if n, _ := fmt.Sscan(line, &p.id, &p.parent, &state); n == 3 && !strings.HasPrefix(state, "Z") {
			list = append(list, p)
		}
	}
	return list
}

func isRunning(id int) bool { return syscall.Kill(id, 0) == nil }

// marked would need the environment of other processes, which is not to be had.
func marked(string) []int { return nil }

func endWithUs(cmd *exec.Cmd) func() {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	return func() {}
}
