package sshconfig

import (
	"errors"
	"strings"

	"baissh/proxy/state"
)

// A report gathers what there is to say about a Write that went on.
type report struct{ notes []*state.Problem }

func (r *report) note(code state.Code, fact, hint string) {
	r.notes = append(r.notes, &state.Problem{Code: code, Fact: fact, Hint: hint})
}

func (r *report) written() state.Writer { return r.in("written") }

// failed says what stopped the work before what was said on the way.
func (r *report) failed(err error) state.Writer {
	var p *state.Problem
	if !errors.As(err, &p) {
		p = &state.Problem{
			Code: CannotWrite, Fact: err.Error(),
			Hint: "see that the .ssh folder can be written to and its disk has room; baissh keeps trying",
		}
	}
	r.notes = append([]*state.Problem{p}, r.notes...)
	return r.in("failed")
}

func (r *report) in(word string) state.Writer {
	var facts, hints []string
	for _, n := range r.notes {
		facts = append(facts, n.Fact)
		hints = append(hints, n.Hint)
	}
	return state.Writer{
		Name: WriterName, State: word,
		Reason: strings.Join(facts, "; "), Hint: strings.Join(hints, "; "),
	}
}
