package main

import (
	"bufio"
	"io"
	"os/exec"
	"strings"

	"baissh/proxy/state"
)

// An openShell is an ssh that stays connected, for as long as the test runs.
type openShell struct {
	*world
	in  io.WriteCloser
	out *bufio.Scanner
}

func (w *world) openShell(alias string) *openShell {
	w.Helper()
	cmd := exec.Command("ssh", "-F", w.config(), "-o", "BatchMode=yes", alias, "cat")
	cmd.Env = w.environment()
	in, err := cmd.StdinPipe()
	if err != nil {
		w.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		w.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		w.Fatal(err)
	}
	s := &openShell{world: w, in: in, out: bufio.NewScanner(out)}
	s.say("hello")
	s.hear("hello")
	w.Cleanup(func() { cmd.Process.Kill(); cmd.Wait() })
	w.host(alias, func(h state.Host) bool { return h.Connections > 0 })
	return s
}

func (s *openShell) say(line string) {
	s.Helper()
	if _, err := io.WriteString(s.in, line+"\n"); err != nil {
		s.Fatalf("say %q: %v", line, err)
	}
}

// hear waits for a line with these words.
func (s *openShell) hear(words string) {
	s.Helper()
	if !s.out.Scan() || !strings.Contains(s.out.Text(), words) {
		s.Fatalf("heard %q, %v, want %q", s.out.Text(), s.out.Err(), words)
	}
}
