package backendai

import (
	"io"
	"net"
	"testing"
)

// An endless server says the same message for ever and takes everything.
type endless struct {
	net.Conn
	message string
	rest    string
}

func (e *endless) Read(p []byte) (int, error) {
	if e.rest == "" {
		e.rest = e.message
	}
	n := copy(p, e.rest)
	e.rest = e.rest[n:]
	return n, nil
}

func (e *endless) Write(p []byte) (int, error) { return len(p), nil }
func (e *endless) Close() error                { return nil }

func TestMessagesAllocateNothing(t *testing.T) {
	for _, n := range []int{50, 4 << 10, 64 << 10, 128 << 10} {
		e := &endless{message: whole(opBinary, long[:n])}
		c := newConn(e, e)
		p := []byte(e.message[:n])
		if got := testing.AllocsPerRun(100, func() { c.Write(p) }); got > 1 {
			t.Errorf("writing %d bytes allocates %v times", n, got)
		}
		if got := testing.AllocsPerRun(100, func() { io.ReadFull(c, p) }); got > 1 {
			t.Errorf("reading %d bytes allocates %v times", n, got)
		}
		var w io.Writer = &upTo{io.Discard, 1 << 40}
		if got := testing.AllocsPerRun(100, func() { c.pass(w) }); got > 1 {
			t.Errorf("passing on %d bytes allocates %v times", n, got)
		}
	}
}

// The buffers' way back into their pool, for every way they are taken.
func TestSilenceHoldsNoLargeBuffer(t *testing.T) {
	bottom := &wire{Conn: &endless{}}
	bottom.hold()
	bottom.Write([]byte(long))
	if err := bottom.release(); err != nil || bottom.buf != nil || bottom.held != nil {
		t.Errorf("a wire keeps %d bytes after release, %v", cap(bottom.held), err)
	}
}

func BenchmarkMask(b *testing.B) {
	dst, payload := make([]byte, 0, maxMessage), []byte(long[:maxMessage])
	b.SetBytes(maxMessage)
	for b.Loop() {
		appendMasked(dst, payload, 0x12345678)
	}
}
