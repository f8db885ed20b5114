package main

import (
	"os"
	"os/exec"
)

// A builtEngine is baissh run as a program of its own.
type builtEngine struct {
	*world
	cmd *exec.Cmd
	log *syncBuffer
}

// startBuilt starts the program as it is shipped. It is killed with the test's end.
func (w *world) startBuilt(before ...string) *builtEngine {
	w.Helper()
	args := append(before, built(w.T, w.home.Dir), "run")
	e := &builtEngine{world: w, cmd: exec.Command(args[0], args[1:]...), log: &syncBuffer{}}
	e.cmd.Env = append(w.environment(), "BAISSH_HOME="+w.home.Dir)
	e.cmd.Stderr = e.log
	if err := e.cmd.Start(); err != nil {
		w.Fatal(err)
	}
	w.Cleanup(func() {
		e.cmd.Process.Kill()
		e.cmd.Wait()
		if w.Failed() {
			w.Logf("the built engine's log:\n%s", e.log)
		}
	})
	return e
}

func (e *builtEngine) signal(s os.Signal) {
	e.Helper()
	if err := e.cmd.Process.Signal(s); err != nil {
		e.Fatal(err)
	}
}
