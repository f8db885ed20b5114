package backendaitest

import (
	"io"
	"sync"
	"time"

	gossh "golang.org/x/crypto/ssh"
)

// ends are ours of a program's input and outputs.
type ends struct {
	input   io.WriteCloser
	outputs []*output
}

// accompany returns when the program has exited, and the client has its output
// and knows how it ended.
func (s *shell) accompany(ends *ends) {
	s.tasks.Go(func() {
		io.Copy(ends.input, s.channel)
		ends.input.Close()
	})
	s.tasks.Go(s.endWithChannel)
	var printing sync.WaitGroup
	for _, output := range ends.outputs {
		printing.Go(output.copy)
	}
	s.cmd.Wait()
	close(s.exited)
	for _, output := range ends.outputs {
		output.finish()
	}
	printing.Wait()
	s.report()
}

func (s *shell) hasExited() bool {
	select {
	case <-s.exited:
		return true
	default:
		return false
	}
}

// hangUpGrace is for programs to tidy up after their client has gone.
const hangUpGrace = 2 * time.Second

// endWithChannel ends a program that outlives its channel. It has no time to
// tidy up when the container stops.
func (s *shell) endWithChannel() {
	select {
	case <-s.exited:
		return
	case <-s.open.Done():
		hangUp(s.cmd)
	}
	select {
	case <-s.exited:
		return
	case <-time.After(hangUpGrace):
	case <-s.server.ctx.Done():
	}
	kill(s.cmd)
}

// report says how the program ended, and closes the channel.
func (s *shell) report() {
	if signal := signalOf(s.cmd); signal != "" {
		s.leave("exit-signal", &exitSignal{Name: signal})
		return
	}
	s.leave("exit-status", &exitStatus{uint32(s.cmd.ProcessState.ExitCode())})
}

type (
	exitStatus struct{ Code uint32 }
	exitSignal struct {
		Name              string
		Core              bool
		Message, Language string
	}
)

// leave tells a client how its program ended, and only then that nothing more
// comes: one that has said so itself answers that by closing the channel, and
// does not hear what is said after its close.
func (s *shell) leave(kind string, message any) {
	s.tell(kind, message)
	s.channel.CloseWrite()
	s.channel.Close()
}

func (s *shell) tell(kind string, message any) {
	s.channel.SendRequest(kind, false, gossh.Marshal(message))
}
