package main

import (
	"os"
	"runtime"
)

// leftovers are what a leak makes more of, in the engine, the manager and the test.
type leftovers struct{ goroutines, handles, mebibytes int }

func (w *world) leftovers() leftovers {
	w.Helper()
	return leftovers{runtime.NumGoroutine(), handles(), heap()}
}

func handles() int {
	list, _ := os.ReadDir("/proc/self/fd") // Linux has it
	return len(list)
}

func heap() (mebibytes int) {
	runtime.GC()
	var memory runtime.MemStats
	runtime.ReadMemStats(&memory)
	return int(memory.HeapAlloc >> 20)
}

// flat waits until there is not more than some more than before. Only then is garbage
// collected, which would close forgotten handles too.
func (w *world) flat(before, more leftovers) {
	w.Helper()
	var now leftovers
	w.eventually("goroutines and handles as before", func() bool {
		now.goroutines, now.handles = runtime.NumGoroutine(), handles()
		return now.goroutines <= before.goroutines+more.goroutines && now.handles <= before.handles+more.handles
	})
	w.eventually("memory as before", func() bool {
		now.mebibytes = heap()
		return now.mebibytes <= before.mebibytes+more.mebibytes
	})
	w.Logf("before: %+v, afterwards: %+v", before, now)
}
