package filezilla

import (
	"context"
	"os"
	"testing"
	"time"

	"baissh/proxy/state"
)

// watching starts Watch and returns what it tells.
func watching(t *testing.T, w *Writer) <-chan struct{} {
	t.Helper()
	told := make(chan struct{}, 100)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- w.Watch(ctx, func() { told <- struct{}{} }) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return told
}

func wantTold(t *testing.T, told <-chan struct{}, of string) {
	t.Helper()
	select {
	case <-told:
	case <-time.After(10 * time.Second):
		t.Fatalf("nothing was told of %s", of)
	}
}

func TestWatchTellsThatTheSiteManagerWasClosed(t *testing.T) {
	onlyWithPuttyFile(t)
	w := ran(t, "3.63.0")
	w.poll = 10 * time.Millisecond
	closeIt := holder(t, managerIsUp, w.settingsDir())
	wantState(t, w.Write(t.Context(), []state.Entry{one}), "waiting", "Site Manager")
	told := watching(t, w)
	select {
	case <-told:
		t.Error("told while it is open")
	case <-time.After(100 * time.Millisecond):
	}
	closeIt()
	wantTold(t, told, "the end of the wait")
	wantState(t, w.Write(t.Context(), []state.Entry{one}), "written", "")
}

// until does a thing again and again until it is told: the watch may not have
// begun when it is done first.
func until(t *testing.T, told <-chan struct{}, pause time.Duration, do func(n int)) {
	t.Helper()
	deadline := time.After(10 * time.Second)
	for n := 0; ; n++ {
		do(n)
		select {
		case <-told:
			return
		case <-time.After(pause):
		case <-deadline:
			t.Fatal("nothing was told")
		}
	}
}

func TestWatchTellsThatFileZillaWrote(t *testing.T) {
	w := ran(t, "3.63.0")
	until(t, watching(t, w), 2*settle, func(int) { put(t, w.file(sitesFile), "<FileZilla3/>") })
}

func TestWatchTellsThatFileZillaCame(t *testing.T) {
	w := newWriter(t, "")
	w.poll = 10 * time.Millisecond
	dir := w.settingsDir()
	until(t, watching(t, w), time.Second, func(n int) {
		do := func() error { return os.MkdirAll(dir, 0o700) }
		if n%2 == 1 {
			do = func() error { return os.RemoveAll(dir) }
		}
		if err := do(); err != nil {
			t.Fatal(err)
		}
	})
}
