//go:build chaos && unix

package main

import (
	"os"
	"syscall"
	"testing"
)

// stop is what Ctrl-Z does to a program.
func stop(t *testing.T, p *os.Process) {
	t.Helper()
	if err := p.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
}
