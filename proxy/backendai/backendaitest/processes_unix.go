//go:build unix

package backendaitest

import (
	"os/exec"
	"slices"
	"syscall"
	"time"
)

// A process is a running one; those that are dead and not yet buried do not count.
type process struct{ id, parent int }

// endTree ends a program and all that descends from it.
func endTree(cmd *exec.Cmd) {
	if cmd.Process == nil {
		return
	}
	cmd.Process.Signal(syscall.SIGSTOP) // it must not have children while we count them
	family := []int{cmd.Process.Pid}
	running := processes()
	for i := 0; i < len(family); i++ {
		for _, p := range running {
			if p.parent == family[i] {
				family = append(family, p.id)
			}
		}
	}
	endAll(family)
}

// endStrays ends programs that have outlived whoever started them, but have the
// container's mark in their environment.
func endStrays(mark string) {
	for range 10 { // they may start others meanwhile
		strays := marked(mark)
		if len(strays) == 0 {
			return
		}
		endAll(strays)
	}
}

// endAll waits until the processes are gone, but not for ever.
func endAll(ids []int) {
	for _, id := range ids {
		syscall.Kill(id, syscall.SIGKILL)
	}
	limit := time.After(2 * time.Second)
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for slices.ContainsFunc(ids, isRunning) {
		select {
		case <-tick.C:
		case <-limit:
			return
		}
	}
}
