package main

import (
	"bytes"
	"os"
	"runtime"
	"strconv"
	"time"
)

// usage is what a tunnel process has taken so far. What the system does not tell
// is zero.
type usage struct {
	CPU        time.Duration
	Resident   int // KiB
	Goroutines int
}

func ownUsage() usage {
	return usage{CPU: cpuTime(), Resident: resident(), Goroutines: runtime.NumGoroutine()}
}

// resident reads VmRSS, in KiB. Only Linux has it in a file.
func resident() int {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	_, after, _ := bytes.Cut(status, []byte("VmRSS:"))
	fields := bytes.Fields(after)
	if len(fields) == 0 {
		return 0
	}
	n, _ := strconv.Atoi(string(fields[0]))
	return n
}
