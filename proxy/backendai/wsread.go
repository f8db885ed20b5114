package backendai

import (
	"bufio"
	"bytes"
	"io"
)

// headRoom is what a quiet tunnel keeps to read into: a header and a control
// frame, or a few key presses.
const headRoom = 1 << 10

// A frameReader finds the bytes of the messages among frames. It keeps its place
// when a read fails, so that one may go on after a deadline.
type frameReader struct {
	from    source
	wire    *wire // below TLS, or nil
	in      *bufio.Reader
	left    int64 // payload that is still to come in this frame
	open    bool  // the message goes on in another frame
	control func(op opcode, payload []byte)
}

// newFrameReader hands pings and pongs to control.
func newFrameReader(from io.Reader, wire *wire, control func(opcode, []byte)) *frameReader {
	r := &frameReader{from: source{Reader: from}, wire: wire, control: control}
	r.in = bufio.NewReaderSize(&r.from, headRoom)
	return r
}

// next goes to the next byte of a message. It holds no large buffer, so that
// waiting costs no memory. A close frame comes as the error [goodbye].
func (r *frameReader) next() error {
	for r.left == 0 {
		h, err := peekHeader(r.in)
		if err != nil {
			return err
		}
		if h.op.control() {
			err = r.takeControl(h)
		} else {
			err = r.begin(h)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (r *frameReader) takeControl(h header) error {
	frame, err := r.in.Peek(h.size + int(h.length))
	if err != nil {
		return err
	}
	payload := bytes.Clone(frame[h.size:])
	r.in.Discard(len(frame))
	if h.op != opClose {
		r.control(h.op, payload)
		return nil
	}
	g, err := parseGoodbye(payload)
	if err != nil {
		return err
	}
	return g
}

func (r *frameReader) begin(h header) error {
	switch {
	case h.op == opContinuation && !r.open:
		return broken("a continuation of nothing")
	case h.op != opContinuation && r.open:
		return broken("a message inside another")
	case h.op == opText:
		return violation{closeText, "a text message"}
	}
	r.in.Discard(h.size)
	r.left, r.open = h.length, !h.fin
	return nil
}

// read reads from the frame that next has found.
func (r *frameReader) read(p []byte) (int, error) {
	n, err := r.in.Read(p[:min(int64(len(p)), r.left)])
	r.left -= int64(n)
	return n, err
}

// fill reads from the frame for as long as there is something to read without
// waiting, so that all of it goes on in one piece.
func (r *frameReader) fill(p []byte) (n int, err error) {
	for err == nil && n < len(p) && r.left > 0 && (n == 0 || r.ready()) {
		var more int
		more, err = r.read(p[n:])
		n += more
	}
	return n, err
}

// ready reports whether the next read will find something. Who left something
// behind by chance alone has the rest of a frame on its way.
func (r *frameReader) ready() bool {
	return r.in.Buffered() > 0 || r.from.full || r.wire != nil && r.wire.full
}

// skip drops the rest of the frame.
func (r *frameReader) skip() error {
	n, err := r.in.Discard(int(min(r.left, maxMessage)))
	r.left -= int64(n)
	return err
}

// A source remembers whether the last read got all that it had room for. Then
// something was probably left behind.
type source struct {
	io.Reader
	full bool
}

func (s *source) Read(p []byte) (int, error) {
	n, err := s.Reader.Read(p)
	s.full = n == len(p)
	return n, err
}
