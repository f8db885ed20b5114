package backendaitest

import (
	"context"
	"os"
	"os/exec"
	"sync"

	"github.com/gliderlabs/ssh"
	gossh "golang.org/x/crypto/ssh"
)

// A shell is a channel for one program, and that program: a command, the login
// shell, or sftp. Package ssh has one too, but it rewrites a terminal's line ends,
// and does not say how to wait for it.
type shell struct {
	server  *inProcess
	channel gossh.Channel
	open    context.Context // ends with the channel
	tasks   sync.WaitGroup  // what works on the channel

	// What the client has asked for so far.
	sent  []string // of its environment
	term  string
	size  *windowSize // nil without a terminal
	begun bool

	cmd      *exec.Cmd
	terminal *os.File      // ours of the terminal; nil without
	exited   chan struct{} // closed once the program has
}

// session serves a channel, from its opening to its end.
func (l *login) session(_ *ssh.Server, conn *gossh.ServerConn, offer gossh.NewChannel, ctx ssh.Context) {
	if !l.server.tasks.enter() {
		return
	}
	defer l.server.tasks.leave()
	channel, requests, err := l.accepted(offer)
	if err != nil {
		return
	}
	l.alive.of(ctx, conn)
	s := &shell{server: l.server, channel: channel, exited: make(chan struct{})}
	defer s.tasks.Wait()
	open, closed := context.WithCancel(ctx)
	defer closed()
	s.open = open
	for request := range requests {
		ok, program := s.take(request)
		request.Reply(ok, nil)
		if program != nil { // not sooner: it may be quick, and the answer would come after its end
			s.tasks.Go(program)
		}
	}
}

// take does what a client asks for. A program that this begins is returned.
func (s *shell) take(request *gossh.Request) (ok bool, program func()) {
	switch request.Type {
	case "env":
		return s.takeEnv(request.Payload), nil
	case "pty-req":
		return s.takeTerminal(request.Payload), nil
	case "window-change":
		return s.takeSize(request.Payload), nil
	case "signal":
		return s.takeSignal(request.Payload), nil
	case "shell", "exec", "subsystem":
		return s.begin(request.Type, request.Payload)
	}
	return false, nil
}

func (s *shell) takeEnv(payload []byte) bool {
	var v struct{ Name, Value string }
	if gossh.Unmarshal(payload, &v) != nil {
		return false
	}
	s.sent = append(s.sent, v.Name+"="+v.Value)
	return true
}

// A windowSize is that of the client's window, in its order.
type windowSize struct{ Columns, Rows, Width, Height uint32 }

func (s *shell) takeTerminal(payload []byte) bool {
	var v struct {
		Term                         string
		Columns, Rows, Width, Height uint32
		Modes                        string
	}
	if !hasTerminals || gossh.Unmarshal(payload, &v) != nil {
		return false
	}
	s.term, s.size = v.Term, &windowSize{v.Columns, v.Rows, v.Width, v.Height}
	return true
}

func (s *shell) takeSize(payload []byte) bool {
	var size windowSize
	if s.terminal == nil || gossh.Unmarshal(payload, &size) != nil {
		return false
	}
	resize(s.terminal, size)
	return true
}

func (s *shell) takeSignal(payload []byte) bool {
	var v struct{ Name string }
	if s.cmd == nil || s.hasExited() || gossh.Unmarshal(payload, &v) != nil {
		return false
	}
	send(s.cmd, v.Name)
	return true
}

// begin starts the one program of a channel. What it returns runs until its end.
func (s *shell) begin(kind string, payload []byte) (bool, func()) {
	var v struct{ Text string }
	if kind != "shell" && gossh.Unmarshal(payload, &v) != nil || s.begun {
		return false, nil
	}
	s.begun = true
	if kind == "subsystem" {
		return v.Text == "sftp", s.sftp
	}
	s.server.container.ran.Store(true)
	s.cmd = s.server.container.command(v.Text)
	s.cmd.Env = s.server.container.environ(s.term, s.sent)
	start := s.startOnPipes
	if s.size != nil {
		start = s.startInTerminal
	}
	ends, err := start()
	if err != nil {
		return false, nil
	}
	return true, func() { s.accompany(ends) }
}
