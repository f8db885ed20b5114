package main

import (
	"io"
	"os"
	"strings"
	"testing"

	"baissh/proxy/backendai/backendaitest"
	"baissh/proxy/state"
)

// What the Windows service starts has no console and no signals.
func TestSupervisedEngineEndsWithItsInput(t *testing.T) {
	w := newQuietWorld(t, backendaitest.Options{}, backendaitest.SessionSpec{Name: "one"})
	input, parent := io.Pipe()
	ended := make(chan int, 1)
	go func() {
		ended <- run(t.Context(), []string{"--home", w.home.Dir, "run", "--supervised"}, input, io.Discard, io.Discard)
	}()
	w.until("an answer", func(*state.Snapshot) bool { return true })
	parent.Close()
	if code := <-ended; code != exitOK {
		t.Errorf("the engine ended with status %d", code)
	}
	if log, err := os.ReadFile(w.home.LogFile()); err != nil || !strings.Contains(string(log), "running; see") || strings.Contains(string(log), "Ctrl-C") {
		t.Errorf("the log file has %q, %v", log, err)
	}
	if _, err := os.Stat(w.home.CrashFile()); err != nil {
		t.Error(err)
	}
}
