package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
)

// The roles that this program plays when it starts itself.
const (
	roleFar    = "far"
	roleTunnel = "tunnel"
)

// A process is one of the benchmark's own. It answers each line it is sent with
// a line of JSON, and ends when it can hear no more.
type process struct {
	cmd   *exec.Cmd
	stdin io.WriteCloser
	lines *bufio.Reader
}

// start runs this program in a role and decodes its first line into hello. The
// process is killed when ctx ends.
func start(ctx context.Context, hello any, args ...string) (*process, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	p := &process{cmd: exec.CommandContext(ctx, self, args...)}
	p.cmd.Stderr = os.Stderr
	stdout, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if p.stdin, err = p.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	p.lines = bufio.NewReader(stdout)
	if err := p.hear(hello); err != nil {
		p.stop()
		return nil, err
	}
	return p, nil
}

// ask sends one word and decodes the answer.
func (p *process) ask(word string, answer any) error {
	if _, err := io.WriteString(p.stdin, word+"\n"); err != nil {
		return err
	}
	return p.hear(answer)
}

func (p *process) hear(answer any) error {
	line, err := p.lines.ReadBytes('\n')
	if err != nil {
		return fmt.Errorf("hear from the %s process: %w", p.cmd.Args[1], err)
	}
	return json.Unmarshal(line, answer)
}

func (p *process) stop() {
	p.stdin.Close()
	_ = p.cmd.Wait() // killed or not: its figures have been heard
}

// say writes one answer to the process that started this one.
func say(answer any) error { return json.NewEncoder(os.Stdout).Encode(answer) }
