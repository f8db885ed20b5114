package sshconfig

import (
	"bytes"
	"context"
	"errors"
	"os"

	"baissh/proxy/state"
)

// An outcome is what came of having every ssh read a text.
type outcome struct {
	asked []byte // all entries
	text  []byte // those that every ssh takes
	kept  []state.Entry
	bad   state.Refusals
}

// writeBaiConfig returns the entries that are in bai/config now.
func (w *Writer) writeBaiConfig(ctx context.Context, entries []state.Entry, r *report) ([]state.Entry, error) {
	if err := checkFolder(w.Dir); err != nil {
		return nil, err
	}
	opts := w.options(ctx)
	good, bad := accept(w.Dir, entries)
	text := renderHosts(w.Dir, good, opts)
	o := outcome{asked: text, text: text, kept: good}
	if err := w.settle(ctx, &o, opts); err != nil {
		return nil, err
	}
	r.Refuse(append(bad, o.bad...))
	_, err := w.private(w.Dir.BaiConfig(), o.text)
	return o.kept, err
}

// settle asks ssh only about a text that is not there yet.
func (w *Writer) settle(ctx context.Context, o *outcome, opts Options) error {
	old, err := readConfig(w.Dir.BaiConfig())
	switch {
	case err == nil && bytes.Equal(old, o.asked):
		return nil
	case len(w.last.asked) > 0 && bytes.Equal(w.last.asked, o.asked) && bytes.Equal(w.last.text, old):
		*o = w.last
		return nil
	}
	if err := w.askAll(ctx, o, opts); err != nil {
		return refused(err)
	}
	w.last = *o
	return nil
}

// askAll leaves in o what every ssh takes. An entry that one of them does not,
// for a reason that we do not know, is found by asking about each alone.
func (w *Writer) askAll(ctx context.Context, o *outcome, opts Options) error {
	err := w.try(ctx, o.text, first(o.kept))
	if err == nil || !complains(err) {
		return err
	}
	all := o.kept
	o.kept = nil
	for _, e := range all {
		if err := w.try(ctx, renderHosts(w.Dir, []state.Entry{e}, opts), &e); complains(err) {
			o.bad = append(o.bad, &state.EntryError{Alias: e.Alias, Fact: err.Error()})
			continue
		}
		o.kept = append(o.kept, e)
	}
	if len(o.kept) == 0 {
		return err // then it is not the entries
	}
	o.text = renderHosts(w.Dir, o.kept, opts)
	return w.try(ctx, o.text, first(o.kept))
}

// try has every ssh read a text beside the file that it is to become.
func (w *Writer) try(ctx context.Context, text []byte, want *state.Entry) error {
	if len(w.found) == 0 {
		return nil
	}
	defer os.Remove(w.Dir.candidate())
	if _, err := w.private(w.Dir.candidate(), text); err != nil {
		return err
	}
	return w.readable(ctx, w.Dir.candidate(), want)
}

func complains(err error) bool { return errors.As(err, new(*complaintError)) }

func first(entries []state.Entry) *state.Entry {
	if len(entries) == 0 {
		return nil
	}
	return &entries[0]
}

// refused leaves a full disk in its own words.
func refused(err error) error {
	if errors.As(err, new(*os.PathError)) {
		return err
	}
	return (&state.Problem{
		Code: SSHRefuses,
		Fact: "ssh does not take the new text, so the old one stays: " + err.Error(),
		Hint: "baissh tries again by itself",
	}).Because(err)
}
