package filezilla

import (
	"errors"

	"baissh/proxy/state"
)

// A report gathers what there is to say about a Write.
type report struct{ state.Report }

// refused says which hosts can have no site.
func (r *report) refused(bad state.Refusals) {
	r.note(state.BadName, bad, "give it a plain name in Backend.AI or settings.toml")
}

// taken says which hosts have a site of the user's in their place.
func (r *report) taken(bad state.Refusals) {
	r.note(SiteExists, bad, "give that site another name in FileZilla's Site Manager")
}

func (r *report) note(code state.Code, bad state.Refusals, hint string) {
	if len(bad) > 0 {
		r.Note(code, bad.Error(), hint)
	}
}

func (r *report) written() state.Writer { return r.Of(WriterName, "written") }

// failed says what stopped the work before what was said on the way. What will
// pass by itself is no failure.
func (r *report) failed(err error) state.Writer {
	var p *state.Problem
	if !errors.As(err, &p) {
		p = &state.Problem{
			Code: CannotWrite, Fact: err.Error(),
			Hint: "see that FileZilla's settings folder can be written to and its disk has room; baissh keeps trying",
		}
	}
	r.First(p)
	if isWaiting(err) {
		return r.Of(WriterName, "waiting")
	}
	return r.Of(WriterName, "failed")
}

// isWaiting reports whether the way will be free when somebody has finished.
func isWaiting(err error) bool {
	return state.IsCode(err, ManagerOpen) || state.IsCode(err, Busy) || state.IsCode(err, HalfWritten)
}
