package pace

import (
	"bytes"
	"os"
	"path/filepath"
	"strconv"
)

// A holder is a process that has the connection.
type holder struct {
	pid     string
	counts  *os.File // its counters, see proc_pid_io(5); no other process can get them
	first   int64    // bytes it had written when it was found
	written int64    // when it was last looked at
	doings  int64    // calls to read and write, likewise
}

func hold(pid string) (*holder, error) {
	counts, err := os.Open(filepath.Join("/proc", pid, "io"))
	if err != nil {
		return nil, err
	}
	h := &holder{pid: pid, counts: counts}
	if err := h.read(); err != nil {
		h.close()
		return nil, err
	}
	h.first = h.written
	return h, nil
}

func (h *holder) close() { h.counts.Close() }

// read reads the counters. It fails once the process is gone.
func (h *holder) read() error {
	var buf [256]byte
	n, err := h.counts.ReadAt(buf[:], 0)
	if n == 0 {
		return err
	}
	text := buf[:n]
	h.written = number(text, "wchar: ")
	h.doings = number(text, "syscr: ") + number(text, "syscw: ")
	return nil
}

func number(text []byte, name string) int64 {
	_, rest, _ := bytes.Cut(text, []byte(name))
	digits, _, _ := bytes.Cut(rest, []byte("\n"))
	n, _ := strconv.ParseInt(string(digits), 10, 64)
	return n
}

// asleep reports whether it waits for something. One that was stopped does not.
func (h *holder) asleep() bool {
	stat, err := os.ReadFile(filepath.Join("/proc", h.pid, "stat"))
	name := bytes.LastIndexByte(stat, ')') // which may have any letter in it
	return err == nil && bytes.HasPrefix(stat[name+1:], []byte(" S "))
}

// clear reports whether all that it may write to would take more.
func (h *holder) clear(connection uint32) (bool, error) {
	folder := filepath.Join("/proc", h.pid, "fd")
	entries, err := os.ReadDir(folder)
	if err != nil {
		return false, err
	}
	for _, e := range entries {
		if clear, err := outletClear(filepath.Join(folder, e.Name()), connection); !clear || err != nil {
			return false, err
		}
	}
	return true, nil
}

// owners are the processes that have a socket, as far as this user may know.
func owners(socket uint32) ([]string, error) {
	processes, err := os.ReadDir("/proc")
	if err != nil {
		return nil, err
	}
	var pids []string
	for _, p := range processes {
		if _, err := strconv.Atoi(p.Name()); err == nil && has(p.Name(), socket) {
			pids = append(pids, p.Name())
		}
	}
	return pids, nil
}

func has(pid string, socket uint32) bool {
	folder := filepath.Join("/proc", pid, "fd")
	entries, _ := os.ReadDir(folder) // none of those of others
	name := "socket:[" + strconv.FormatUint(uint64(socket), 10) + "]"
	for _, e := range entries {
		if to, _ := os.Readlink(filepath.Join(folder, e.Name())); to == name {
			return true
		}
	}
	return false
}
