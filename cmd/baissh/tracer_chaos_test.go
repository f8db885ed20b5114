//go:build chaos && linux

package main

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// A tracer runs a program, and kills it as it makes its nth call that changes something
// below a folder, whichever of its threads makes that. Its children go on untraced.
type tracer struct {
	folder string
	n      int
	calls  int
}

// run returns when the program has ended, and reports whether that was by us. The
// thread on which it runs belongs to the program from then on.
func (t *tracer) run(cmd *exec.Cmd) (killed bool, err error) {
	runtime.LockOSThread()
	cmd.SysProcAttr = &syscall.SysProcAttr{Ptrace: true, Setpgid: true}
	if err := cmd.Start(); err != nil {
		return false, err
	}
	pid := cmd.Process.Pid
	var status unix.WaitStatus
	if _, err := unix.Wait4(pid, &status, 0, nil); err != nil { // until it is the program
		return false, err
	}
	if err := unix.PtraceSetOptions(pid, unix.PTRACE_O_TRACESYSGOOD|unix.PTRACE_O_TRACECLONE|unix.PTRACE_O_EXITKILL); err != nil {
		return false, err
	}
	for thread := pid; ; {
		if !killed && t.reached(thread, status) {
			killed = true
			syscall.Kill(pid, syscall.SIGKILL)
		}
		if status.Stopped() {
			_ = unix.PtraceSyscall(thread, passedOn(status)) // it may be dead by now
		}
		if thread, err = unix.Wait4(-1, &status, unix.WALL|unix.WNOTHREAD, nil); err != nil {
			return killed, err
		}
		if thread == pid && (status.Exited() || status.Signaled()) {
			return killed, nil
		}
	}
}

const syscallStop = syscall.SIGTRAP | 0x80 // by TRACESYSGOOD

// passedOn is the signal that a thread was stopped for, if it is not our doing.
func passedOn(status unix.WaitStatus) int {
	switch signal := status.StopSignal(); signal {
	case syscallStop, syscall.SIGTRAP, syscall.SIGSTOP:
		return 0
	default:
		return int(signal)
	}
}

// reached counts the calls, as they begin.
func (t *tracer) reached(thread int, status unix.WaitStatus) bool {
	if !status.Stopped() || status.StopSignal() != syscallStop || !t.changes(thread) {
		return false
	}
	t.calls++
	return t.calls == t.n
}

// A syscallInfo is what the kernel tells of a stop (ptrace(2), PTRACE_GET_SYSCALL_INFO).
type syscallInfo struct {
	op     uint8 // 1 as a call begins
	_      [3]uint8
	_      uint32
	_      [2]uint64
	number uint64
	args   [6]uint64
}

// changes reports whether a thread is about to make a call that changes a file.
func (t *tracer) changes(thread int) bool {
	const getSyscallInfo, begins = 0x420e, 1
	var info syscallInfo
	_, _, errno := unix.Syscall6(unix.SYS_PTRACE, getSyscallInfo, uintptr(thread), unsafe.Sizeof(info), uintptr(unsafe.Pointer(&info)), 0, 0)
	if errno != 0 || info.op != begins {
		return false
	}
	switch info.number {
	case unix.SYS_RENAMEAT, unix.SYS_RENAMEAT2, unix.SYS_UNLINKAT, unix.SYS_LINKAT, unix.SYS_SYMLINKAT, unix.SYS_MKDIRAT, unix.SYS_FCHMODAT:
		return true
	case unix.SYS_OPENAT:
		return info.args[2]&(unix.O_CREAT|unix.O_TRUNC) != 0
	case unix.SYS_WRITE, unix.SYS_PWRITE64, unix.SYS_FTRUNCATE, unix.SYS_FCHMOD, unix.SYS_FSYNC, unix.SYS_FDATASYNC:
		file, err := os.Readlink(fmt.Sprintf("/proc/%d/fd/%d", thread, info.args[0]))
		return err == nil && strings.HasPrefix(file, t.folder)
	}
	return false
}
