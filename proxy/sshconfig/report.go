package sshconfig

import "baissh/proxy/state"

// A report gathers what there is to say about a Write that went on.
type report struct{ state.Report }

func (r *report) written() state.Writer { return r.Of(WriterName, "written") }

// failed says what stopped the work.
func (r *report) failed(err error) state.Writer {
	r.Fail(err, CannotWrite, "see that the .ssh folder can be written to and its disk has room; baissh keeps trying")
	return r.Of(WriterName, "failed")
}
