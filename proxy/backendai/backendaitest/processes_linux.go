package backendaitest

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"syscall"
	"time"
)

func processes() []process {
	var list []process
	for _, id := range processIDs() {
		if parent, running := parentOf(id); running {
			list = append(list, process{id, parent})
		}
	}
	return list
}

func processIDs() []int {
	var ids []int
	folders, _ := filepath.Glob("/proc/[0-9]*")
	for _, folder := range folders {
		if id, err := strconv.Atoi(filepath.Base(folder)); err == nil {
			ids = append(ids, id)
		}
	}
	return ids
}

func parentOf(id int) (parent int, running bool) {
	stat, _ := os.ReadFile(fmt.Sprintf("/proc/%d/stat", id))
	var state string
	fmt.Sscan(string(stat[bytes.LastIndexByte(stat, ')')+1:]), &state, &parent) // after the name
	return parent, state != "" && state != "Z" && state != "X"
}

func isRunning(id int) bool {
	_, running := parentOf(id)
	return running
}

// marked are the processes with this in their environment.
func marked(mark string) []int {
	return slices.DeleteFunc(processIDs(), func(id int) bool {
		return !bytes.Contains(environOf(id), []byte(mark+"\x00"))
	})
}

// environOf looks again at what is empty: it is so for a moment while a program takes the
// place of another.
func environOf(id int) []byte {
	for range 20 {
		environ, err := os.ReadFile(fmt.Sprintf("/proc/%d/environ", id))
		if _, gone := os.Readlink(fmt.Sprintf("/proc/%d/exe", id)); len(environ) > 0 || err != nil || gone != nil {
			return environ // or it is the kernel's
		}
		time.Sleep(time.Millisecond)
	}
	return nil
}

// endWithUs makes the kernel end the command should we be killed. To it, our end
// is that of the thread which starts the command, so the thread is kept until the
// returned function is called.
func endWithUs(cmd *exec.Cmd) func() {
	runtime.LockOSThread()
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Pdeathsig: syscall.SIGKILL}
	return runtime.UnlockOSThread
}
