//go:build unix

package backendaitest

import (
	"io"
	"os"
	"syscall"

	"github.com/creack/pty"
	"golang.org/x/sys/unix"
)

const hasTerminals = true

// startInTerminal starts the program in a terminal of the client's size.
func (s *shell) startInTerminal() (*ends, error) {
	terminal, err := pty.StartWithSize(s.cmd, &pty.Winsize{Rows: uint16(s.size.Rows), Cols: uint16(s.size.Columns)})
	if err != nil {
		return nil, err
	}
	if s.terminal, err = interruptible(terminal); err != nil {
		kill(s.cmd)
		s.cmd.Wait()
		return nil, err
	}
	return &ends{terminalInput{s.terminal}, []*output{{from: s.terminal, to: s.channel}}}, nil
}

// interruptible returns the file as one whose reads can be ended, which package
// pty's cannot.
func interruptible(terminal *os.File) (*os.File, error) {
	defer terminal.Close()
	fd, err := unix.FcntlInt(terminal.Fd(), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	if err := syscall.SetNonblock(fd, true); err != nil {
		syscall.Close(fd)
		return nil, err
	}
	return os.NewFile(uintptr(fd), terminal.Name()), nil
}

// resize is package pty's, without its undoing what interruptible did.
func resize(terminal *os.File, size windowSize) {
	raw, err := terminal.SyscallConn()
	if err != nil {
		return
	}
	raw.Control(func(fd uintptr) {
		unix.IoctlSetWinsize(int(fd), unix.TIOCSWINSZ, &unix.Winsize{Row: uint16(size.Rows), Col: uint16(size.Columns)})
	})
}

// A terminalInput stays open at its end, since its output is the same file.
type terminalInput struct{ io.Writer }

func (terminalInput) Close() error { return nil }
