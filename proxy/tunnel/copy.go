package tunnel

import (
	"errors"
	"io"
	"os"
	"sync"
	"time"
)

const (
	smallBuffer = 4 << 10
	largeBuffer = 64 << 10
	burstPause  = time.Second // a burst is over when the client is silent this long
)

var buffers = sync.Pool{New: func() any { return new([largeBuffer]byte) }}

// copyDown carries the far side's bytes to the client. The far side's WriteTo, where it
// has one, brings its own buffers. Writes block, so a slow reader slows its writer down
// and nothing piles up in between, but for a little that package pace keeps.
func (r *relay) copyDown(first []byte, client down) {
	if !r.copyFirst(first) {
		return
	}
	client.l.begin()
	if w, ok := r.far.(io.WriterTo); ok {
		w.WriteTo(client)
		return
	}
	buf := buffers.Get().(*[largeBuffer]byte)
	defer buffers.Put(buf)
	io.CopyBuffer(client, struct{ io.Reader }{r.far}, buf[:])
}

// copyFirst carries what comes before the client has seen a host key. One that is
// refused is replaced by the reason: SSH allows it until the keys are in use.
func (r *relay) copyFirst(first []byte) bool {
	if r.tunnel.CheckHostKey == nil {
		_, err := r.local.Write(first)
		return err == nil
	}
	err := r.passKeyExchange(r.far, first)
	if refused := (*refusedKeyError)(nil); errors.As(err, &refused) {
		r.tunnel.log().Warn("a host key was refused", "error", refused.why)
		r.local.Write(disconnect(r.tunnel.explain(refused.why)))
	}
	return err == nil
}

// copyUp carries the client's bytes to the far side, until it returns errFarSide or
// what ended the client. It waits with a small buffer and holds a large one only while
// the client fills it.
func (r *relay) copyUp(far up) error {
	err := r.send(far, r.sent)
	r.sent = nil
	small := make([]byte, smallBuffer)
	for err == nil {
		var n int
		if n, err = r.pass(far, small); err == nil && n == len(small) {
			err = r.copyBurst(far)
		}
	}
	return err
}

// copyBurst copies with a large buffer until the client pauses; then it returns nil.
func (r *relay) copyBurst(far up) error {
	buf := buffers.Get().(*[largeBuffer]byte)
	defer buffers.Put(buf)
	for {
		r.local.SetReadDeadline(time.Now().Add(burstPause))
		_, err := r.pass(far, buf[:])
		if errors.Is(err, os.ErrDeadlineExceeded) {
			r.local.SetReadDeadline(time.Time{})
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// pass carries what the client says next.
func (r *relay) pass(far up, buf []byte) (n int, err error) {
	n, err = r.local.Read(buf)
	if gone := r.send(far, buf[:n]); gone != nil {
		return n, gone
	}
	return n, err
}

// send gives the far side bytes of the client's. When it takes no more, the client is
// heard for a moment longer: see linger.
func (r *relay) send(far up, p []byte) error {
	if len(p) == 0 {
		return nil
	}
	if _, err := far.Write(p); err != nil {
		r.linger()
		return errFarSide
	}
	return nil
}
