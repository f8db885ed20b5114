package sshconfig

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"runtime"

	"baissh/proxy/atomicfile"
	"baissh/proxy/state"
)

// writeInclude adds our line to the user's config if it may, or says that it
// is not there.
func (w *Writer) writeInclude(ctx context.Context, entries []state.Entry, r *report) error {
	old, err := readConfig(w.Dir.Config())
	if err != nil {
		return err
	}
	if w.Mode != Include {
		return w.noteMissing(old, r)
	}
	text, err := w.decide(old)
	if err != nil {
		return noteRemoved(err, r)
	}
	if !bytes.Equal(old, text) {
		if err := w.replaceConfig(ctx, old, text, first(entries)); err != nil {
			return err
		}
	}
	return w.remember()
}

// decide returns the text that the user's config is to have. A line that was
// there once and is gone was taken out by the user, and stays out.
func (w *Writer) decide(old []byte) ([]byte, error) {
	switch {
	case hasMarks(old):
		return AddInclude(old, w.Dir)
	case HasInclude(old, w.Dir):
		return old, nil
	case w.remembers():
		return nil, w.lineProblem(LineRemoved, "baissh's line was taken out of ssh's config file, so ssh does not know these hosts",
			"to have it again: "+w.Consenting+", or add as the first line: %s")
	}
	return AddInclude(old, w.Dir)
}

// noteRemoved turns what the user decided from an error into a note.
func noteRemoved(err error, r *report) error {
	var p *state.Problem
	if errors.As(err, &p) && p.Code == LineRemoved {
		r.Note(p.Code, p.Fact, p.Hint)
		return nil
	}
	return err
}

func (w *Writer) noteMissing(old []byte, r *report) error {
	if !HasInclude(old, w.Dir) {
		p := w.lineProblem(LineMissing, "ssh's config file does not include baissh's hosts",
			"for plain ssh: "+w.Consenting+", or add as its first line: %s")
		r.Note(p.Code, p.Fact, p.Hint)
	}
	return nil
}

// lineProblem puts the line to paste into a hint, or the way without one.
func (w *Writer) lineProblem(code state.Code, fact, hint string) *state.Problem {
	line, err := w.Dir.IncludeLine()
	if err != nil {
		return &state.Problem{Code: code, Fact: fact, Hint: state.AsProblem(err).Hint}
	}
	return &state.Problem{Code: code, Fact: fact, Hint: fmt.Sprintf(hint, line)}
}

func (w *Writer) replaceConfig(ctx context.Context, old, text []byte, want *state.Entry) error {
	if err := w.try(ctx, text, want); err != nil {
		return w.blame(ctx, err)
	}
	if err := w.backUp(old); err != nil {
		return err
	}
	return w.swapConfig(old, text)
}

// swapConfig writes only over the text that was read: an editor may have saved
// while ssh was asked. What is left is the time of one rename.
func (w *Writer) swapConfig(old, text []byte) error {
	now, err := readConfig(w.Dir.Config())
	if err != nil {
		return err
	}
	if !bytes.Equal(now, old) {
		return &state.Problem{
			Code: ConfigChanging, Fact: "ssh's config file was saved by somebody else just now",
			Hint: "baissh tries again by itself",
		}
	}
	return w.user(w.Dir.Config(), text, 0o600)
}

// blame says whether the user's file was unreadable before us.
func (w *Writer) blame(ctx context.Context, err error) error {
	line, _ := w.Dir.IncludeLine()
	p := &state.Problem{
		Code: SSHRefuses,
		Fact: "ssh does not take its config file with our line in it, so it was left as it is: " + err.Error(),
		Hint: "until then use: ssh -F " + w.Dir.BaiConfig(),
	}
	if _, missing := os.Stat(w.Dir.Config()); missing == nil {
		if before := w.readable(ctx, w.Dir.Config(), nil); before != nil {
			p.Fact = "ssh cannot read its own config file, so it was left as it is: " + before.Error()
			p.Hint = "repair it, then add as its first line: " + line
		}
	}
	return p.Because(err)
}

// backUp keeps the user's file as it was before our first change, for a person.
func (w *Writer) backUp(old []byte) error {
	info, err := os.Stat(w.Dir.Config())
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if _, err := os.Lstat(w.Dir.Backup()); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	perm := info.Mode().Perm()
	if runtime.GOOS == "windows" {
		perm = 0o600 // its modes say nothing; what we create is the user's alone
	}
	return atomicfile.WriteFile(w.Dir.Backup(), old, perm)
}
