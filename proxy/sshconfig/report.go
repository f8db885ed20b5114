package sshconfig

import (
	"errors"

	"baissh/proxy/state"
)

// A report gathers what there is to say about a Write that went on.
type report struct{ state.Report }

func (r *report) written() state.Writer { return r.Of(WriterName, "written") }

// failed says what stopped the work before what was said on the way.
func (r *report) failed(err error) state.Writer {
	var p *state.Problem
	if !errors.As(err, &p) {
		p = &state.Problem{
			Code: CannotWrite, Fact: err.Error(),
			Hint: "see that the .ssh folder can be written to and its disk has room; baissh keeps trying",
		}
	}
	r.First(p)
	return r.Of(WriterName, "failed")
}
