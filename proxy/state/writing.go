package state

import (
	"errors"
	"fmt"
	"strings"
)

// What writers of other programs' files have in common: hosts that they leave
// out, and what there is to say afterwards.

// An EntryError says why one host was left out.
type EntryError struct {
	Alias string
	Fact  string
}

func (e *EntryError) Error() string {
	return fmt.Sprintf("leave out %q: %s", Printable(e.Alias), e.Fact)
}

// Refusals are the hosts that were left out of a text that is otherwise good.
type Refusals []*EntryError

func (r Refusals) Error() string {
	var words []string
	for _, e := range r {
		words = append(words, e.Error())
	}
	return strings.Join(words, "; ")
}

// Unwrap gives errors.As each one.
func (r Refusals) Unwrap() []error {
	var errs []error
	for _, e := range r {
		errs = append(errs, e)
	}
	return errs
}

// OrNil keeps an empty list from becoming an error that is not nil.
func (r Refusals) OrNil() error {
	if len(r) == 0 {
		return nil
	}
	return r
}

// A Report gathers what there is to say about a Write.
type Report []*Problem

// Note adds a sentence and its way out.
func (r *Report) Note(code Code, fact, hint string) {
	*r = append(*r, &Problem{Code: code, Fact: fact, Hint: hint})
}

// Refuse says which hosts are left out.
func (r *Report) Refuse(bad Refusals) {
	if len(bad) > 0 {
		r.Note(BadName, bad.Error(), "give it a plain name in Backend.AI or settings.toml")
	}
}

// Fail puts what stopped the work before what was said on the way. An error that is not
// for people gets a code and a way out.
func (r *Report) Fail(err error, code Code, hint string) {
	var p *Problem
	if !errors.As(err, &p) {
		p = &Problem{Code: code, Fact: err.Error(), Hint: hint}
	}
	*r = append(Report{p}, *r...)
}

// Of is the report as the Snapshot has it.
func (r Report) Of(writer, word string) Writer {
	var facts, hints []string
	for _, p := range r {
		facts = append(facts, p.Fact)
		hints = append(hints, p.Hint)
	}
	return Writer{Name: writer, State: word, Reason: strings.Join(facts, "; "), Hint: strings.Join(hints, "; ")}
}
