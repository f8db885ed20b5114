package backendaitest

import (
	"errors"
	"io"
	"os"
	"sync/atomic"
	"time"
)

// An output carries what a program writes to the client.
type output struct {
	from   *os.File
	to     io.Writer
	exited atomic.Bool
}

// silence after a program's exit means that it has said all, though somebody it
// left behind may hold its output open.
const silence = 200 * time.Millisecond

// copy ends with the output, when nobody listens, or in silence after the exit.
func (o *output) copy() {
	defer o.from.Close()
	buf := make([]byte, 32<<10)
	for {
		if o.exited.Load() {
			o.from.SetReadDeadline(time.Now().Add(silence))
		}
		n, err := o.from.Read(buf)
		if n > 0 {
			if _, err := o.to.Write(buf[:n]); err != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}

// finish says that the program has exited.
func (o *output) finish() {
	o.exited.Store(true)
	o.from.SetReadDeadline(time.Now().Add(silence)) // for the read that waits already
}

// startOnPipes starts the program without a terminal.
func (s *shell) startOnPipes() (*ends, error) {
	input, err := s.cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	stdout, stdoutEnd, err1 := os.Pipe()
	stderr, stderrEnd, err2 := os.Pipe()
	defer stdoutEnd.Close()
	defer stderrEnd.Close()
	s.cmd.Stdout, s.cmd.Stderr = stdoutEnd, stderrEnd
	alone(s.cmd)
	err = errors.Join(err1, err2)
	if err == nil {
		err = s.cmd.Start()
	}
	if err != nil {
		stdout.Close()
		stderr.Close()
		return nil, err
	}
	return &ends{input, []*output{{from: stdout, to: s.channel}, {from: stderr, to: s.channel.Stderr()}}}, nil
}
