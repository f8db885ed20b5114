package sshconfig

import (
	"context"
	"errors"
	"os"
	"slices"
	"sync"

	"baissh/proxy/atomicfile"
	"baissh/proxy/state"
)

// A Mode is how far the user lets us go.
type Mode string

// The modes. The zero value is as careful as Print.
const (
	Include Mode = "include" // we may add our line to the user's config
	Print   Mode = "print"   // bai/ only; the user adds the line
	Off     Mode = "off"     // nothing is written
)

// WriterName is what the Snapshot calls this writer.
const WriterName = "ssh"

// A Writer keeps OpenSSH's files. Its methods may be called from several
// goroutines; nothing else may write to the bai folder.
type Writer struct {
	Dir  Dir
	Mode Mode

	// Consenting is the command by which a person says yes to our line.
	Consenting string

	// Programs lists every ssh whose word counts; nil looks on this machine.
	Programs func() []string

	mu     sync.Mutex         // one writer of the files at a time; guards the rest
	probed map[programID]bool // whether a build knows WarnWeakCrypto
	last   outcome            // of the last text that ssh was asked about
	found  []string           // every ssh, as of the start of this Write
	swept  bool               // what a crash has left is gone
	done   done

	// Tests replace these; nil is the real thing.
	runSSH       func(ctx context.Context, program string, args ...string) ([]byte, error)
	writePrivate func(path string, data []byte) (bool, error)
	writeUser    func(path string, data []byte, perm os.FileMode) error
}

// Write makes OpenSSH's files hold these entries and no others, and says what
// became of it. Files of equal content are not touched. Entries that cannot be
// written are left out and named in Reason.
func (w *Writer) Write(ctx context.Context, entries []state.Entry) state.Writer {
	if w.Mode == Off {
		return state.Writer{Name: WriterName, State: "off", Reason: "ssh knows none of the hosts, since its files are left alone", Hint: w.Consenting}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.swept {
		w.swept = true
		atomicfile.Sweep(w.Dir.Path, w.Dir.Bai(), w.Dir.Keys())
	}
	w.found = w.programs()
	if w.done.still(w.Mode, w.found, entries) {
		return w.done.said
	}
	seal := atomicfile.SealFiles(w.files()...)
	var r report
	if err := w.write(ctx, entries, &r); err != nil {
		return r.failed(err)
	}
	if seal.Unbroken() { // it changed nothing
		w.done = done{w.Mode, w.found, slices.Clone(entries), seal, r.written()}
	}
	return r.written()
}

// files are all that a Write depends on.
func (w *Writer) files() []string {
	return append([]string{
		w.Dir.Path, w.Dir.Bai(), w.Dir.Keys(),
		w.Dir.Config(), w.Dir.BaiConfig(), w.Dir.KnownHosts(), w.Dir.added(),
	}, w.found...)
}

// write puts known_hosts first: a config that names a host whose key is not
// there yet refuses it. The Include is last, so that it never points at a text
// that no ssh has read.
func (w *Writer) write(ctx context.Context, entries []state.Entry, r *report) error {
	if err := w.makeFolders(); err != nil {
		return err
	}
	if _, err := w.private(w.Dir.KnownHosts(), KnownHosts(entries)); err != nil {
		return err
	}
	written, err := w.writeBaiConfig(ctx, entries, r)
	if err != nil {
		return err
	}
	if len(w.found) == 0 {
		r.Note(SSHMissing, "no ssh was found here, so nothing has tried the files", "install the OpenSSH client")
	}
	// Last, so that a hint ends with the line to paste.
	return w.writeInclude(ctx, written, r)
}

// makeFolders makes what is missing, and closes what is ours to others. The
// .ssh folder's own mode is the user's business.
func (w *Writer) makeFolders() error {
	for _, dir := range []string{w.Dir.Path, w.Dir.Bai(), w.Dir.Keys()} {
		err := os.Mkdir(dir, 0o700)
		if err != nil && !errors.Is(err, os.ErrExist) {
			return err
		}
		if err != nil && dir == w.Dir.Path {
			continue
		}
		if err := atomicfile.Private(dir); err != nil {
			return err
		}
	}
	return nil
}

func (w *Writer) private(path string, data []byte) (bool, error) {
	if w.writePrivate != nil {
		return w.writePrivate(path, data)
	}
	return atomicfile.WritePrivate(path, data)
}

func (w *Writer) user(path string, data []byte, perm os.FileMode) error {
	if w.writeUser != nil {
		return w.writeUser(path, data, perm)
	}
	return atomicfile.WriteFile(path, data, perm)
}

func (w *Writer) programs() []string {
	if w.Programs != nil {
		return w.Programs()
	}
	return sshPrograms()
}

func (w *Writer) ask(ctx context.Context, program string, args ...string) ([]byte, error) {
	if w.runSSH != nil {
		return w.runSSH(ctx, program, args...)
	}
	return runSSH(ctx, program, args...)
}
