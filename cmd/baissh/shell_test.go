package main

import (
	"bufio"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"time"

	"baissh/proxy/state"
)

// An openShell is an ssh that stays connected, for as long as the test runs.
type openShell struct {
	*world
	in    io.WriteCloser
	out   *bufio.Scanner
	ssh   *os.Process
	ended chan struct{}
	leave func() // what Ctrl-D does; it waits for the end
}

func (w *world) openShell(alias string, options ...string) *openShell {
	w.Helper()
	args := append([]string{"-F", w.config(), "-o", "BatchMode=yes"}, options...)
	cmd := exec.Command("ssh", append(args, alias, "cat")...)
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
	s := &openShell{world: w, in: in, out: bufio.NewScanner(out), ssh: cmd.Process, ended: make(chan struct{})}
	go func() {
		defer close(s.ended)
		cmd.Process.Wait() // not cmd's, which would close what is being read
	}()
	s.leave = sync.OnceFunc(func() {
		in.Close()
		<-s.ended
		out.Close()
	})
	w.Cleanup(func() { cmd.Process.Kill(); s.leave() })
	s.say("hello")
	s.hear("hello")
	w.host(alias, func(h state.Host) bool { return h.Connections > 0 })
	return s
}

func (s *openShell) say(line string) {
	s.Helper()
	if _, err := io.WriteString(s.in, line+"\n"); err != nil {
		s.Fatalf("say %q: %v", line, err)
	}
}

// endsWithin waits for ssh to end by itself.
func (s *openShell) endsWithin(limit time.Duration) {
	s.Helper()
	select {
	case <-s.ended:
	case <-time.After(limit):
		s.Errorf("ssh is still there after %s", limit)
	}
}

// hear waits for a line with these words.
func (s *openShell) hear(words string) {
	s.Helper()
	if !s.out.Scan() || !strings.Contains(s.out.Text(), words) {
		s.Fatalf("heard %q, %v, want %q", s.out.Text(), s.out.Err(), words)
	}
}
