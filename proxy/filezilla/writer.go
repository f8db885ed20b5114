package filezilla

import (
	"context"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"baissh/proxy/atomicfile"
	"baissh/proxy/state"
)

// WriterName is what the Snapshot calls this writer.
const WriterName = "filezilla"

// A Writer keeps FileZilla's files. Its methods may be called from several
// goroutines.
type Writer struct {
	Home   string // the user's home, as FileZilla has it: $HOME
	Memory string // a file of ours, in a folder that is there, for what else is ours
	Off    bool   // the user wants none of it

	// Getenv is FileZilla's environment, except for HOME; nil is our own.
	Getenv func(name string) string

	// Program is FileZilla's path, "" if it is not here; nil looks on this machine.
	Program func() string

	mu    sync.Mutex // one writer of the files at a time; guards asked
	asked string     // the version of the FileZilla that is installed, once it was asked for
	done  done
	wait  waiting
	swept bool // what a crash has left is gone

	// Tests replace these; nil and 0 are the real thing.
	installed func(context.Context) string
	poll      time.Duration
}

// Write makes FileZilla know these entries and no others of ours, and says what
// became of it. Files of equal content are not touched. The keys come first: a
// site whose key is not there yet would open with a question.
func (w *Writer) Write(ctx context.Context, entries []state.Entry) state.Writer {
	w.mu.Lock()
	defer w.mu.Unlock()
	dir, here := w.place()
	switch {
	case w.Off:
		return state.Writer{Name: WriterName, State: "off"}
	case !here:
		return state.Writer{Name: WriterName, State: "off", Reason: "FileZilla is not installed here"}
	}
	if !w.swept {
		w.swept = true
		atomicfile.Sweep(dir)
		if putty := w.puttyFile(); putty != "" {
			atomicfile.Sweep(filepath.Dir(putty))
		}
	}
	if w.done.still(dir, entries) {
		return w.done.said
	}
	seal := atomicfile.SealFiles(w.files(dir)...)
	var r report
	err := w.write(ctx, dir, entries, &r)
	w.wait.set(state.IsCode(err, ManagerOpen) || state.IsCode(err, Busy))
	if err != nil {
		return r.failed(err)
	}
	if seal.Unbroken() { // it changed nothing
		w.done = done{dir, slices.Clone(entries), seal, r.written()}
	}
	return r.written()
}

func (w *Writer) write(ctx context.Context, dir string, entries []state.Entry, r *report) error {
	good, bad := accept(entries)
	r.Refuse(bad)
	if err := w.writeKeys(ctx, dir, pins(good)); err != nil {
		return err
	}
	return w.writeSites(ctx, dir, good, r)
}
