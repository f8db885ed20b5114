package filezilla

import "baissh/proxy/state"

// A report gathers what there is to say about a Write.
type report struct{ state.Report }

// taken says which hosts have a site of the user's in their place.
func (r *report) taken(bad state.Refusals) {
	if len(bad) > 0 {
		r.Note(SiteExists, bad.Error(), "give that site another name in FileZilla's Site Manager")
	}
}

func (r *report) written() state.Writer { return r.Of(WriterName, "written") }

// failed says what stopped the work. What will pass by itself is no failure.
func (r *report) failed(err error) state.Writer {
	r.Fail(err, CannotWrite, "see that FileZilla's settings folder can be written to and its disk has room; baissh keeps trying")
	if isWaiting(err) {
		return r.Of(WriterName, "waiting")
	}
	return r.Of(WriterName, "failed")
}

// isWaiting reports whether the way will be free when somebody has finished.
func isWaiting(err error) bool {
	return state.IsCode(err, ManagerOpen) || state.IsCode(err, Busy) || state.IsCode(err, HalfWritten)
}
