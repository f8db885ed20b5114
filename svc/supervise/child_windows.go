package supervise

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"unsafe"

	"golang.org/x/sys/windows"
)

// A process is an engine, and the job that holds it and all it starts: when the
// job's last handle closes, also because this process crashed, Windows ends them.
type process struct {
	cmd   *exec.Cmd
	stdin io.Closer

	mu  sync.Mutex     // guards job
	job windows.Handle // 0 after the end
}

// start runs an engine as the session's user. What it has in common with this
// process is its standard input: there are no signals, and the control pipe is
// for the user alone, so the end of that input is what asks it to stop.
func start(s Session) (Child, error) {
	token, user, err := tokenOf(s.ID)
	if err != nil {
		return nil, err
	}
	defer token.Close()
	if user != s.User {
		return nil, fmt.Errorf("session %d is another user's now", s.ID)
	}
	p := &process{}
	if p.cmd, err = engineOf(token); err != nil {
		return nil, err
	}
	if p.stdin, err = p.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	if p.job, err = newJob(); err != nil {
		return nil, errors.Join(err, p.stdin.Close())
	}
	return p, p.begin()
}

// engineOf is the command of a user's engine, in the user's environment.
func engineOf(token windows.Token) (*exec.Cmd, error) {
	program, err := os.Executable()
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(program, "run", "--supervised")
	if cmd.Env, err = token.Environ(false); err != nil {
		return nil, fmt.Errorf("make the user's environment: %w", err)
	}
	if cmd.Dir, err = windows.GetSystemDirectory(); err != nil { // not a folder of the user's
		return nil, err
	}
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Token:         syscall.Token(token),
		HideWindow:    true,
		CreationFlags: windows.CREATE_NO_WINDOW | windows.CREATE_NEW_PROCESS_GROUP,
	}
	return cmd, nil
}

func newJob() (windows.Handle, error) {
	job, err := windows.CreateJobObject(nil, nil)
	if err != nil {
		return 0, fmt.Errorf("make a job: %w", err)
	}
	var limits windows.JOBOBJECT_EXTENDED_LIMIT_INFORMATION
	limits.BasicLimitInformation.LimitFlags = windows.JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE
	_, err = windows.SetInformationJobObject(job, windows.JobObjectExtendedLimitInformation,
		uintptr(unsafe.Pointer(&limits)), uint32(unsafe.Sizeof(limits)))
	if err != nil {
		windows.CloseHandle(job)
		return 0, fmt.Errorf("make a job: %w", err)
	}
	return job, nil
}

func (p *process) begin() error {
	if err := p.cmd.Start(); err != nil {
		windows.CloseHandle(p.job)
		return err
	}
	var err error
	held := p.cmd.Process.WithHandle(func(h uintptr) {
		err = windows.AssignProcessToJobObject(p.job, windows.Handle(h))
	})
	if err = errors.Join(held, err); err != nil {
		p.cmd.Process.Kill()
		p.Wait()
		return fmt.Errorf("put the engine into its job: %w", err)
	}
	return nil
}

func (p *process) Wait() int {
	p.cmd.Wait()
	p.mu.Lock()
	defer p.mu.Unlock()
	windows.CloseHandle(p.job)
	p.job = 0
	return p.cmd.ProcessState.ExitCode()
}

func (p *process) Stop() { p.stdin.Close() }

func (p *process) Kill() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.job != 0 {
		windows.TerminateJobObject(p.job, exitFailed)
	}
}
