package backendai

import (
	"cmp"
	crand "crypto/rand"
	"io"
	"math/rand/v2"
	"net"
	"slices"
	"sync"
)

const (
	// maxMessage is the largest message we send, in bytes. Servers refuse 4 MiB
	// in session mode and 16 MiB in API mode; nothing is gained above 64 KiB.
	maxMessage = 64 << 10
	// maxRecord is what TLS sends in one record.
	maxRecord = 16 << 10
)

// A buffer has room for the largest frame, as TLS makes it too.
type buffer [maxMessage + 4<<10]byte

var buffers = sync.Pool{New: func() any { return new(buffer) }}

// A frameWriter sends frames, each in one piece. It is safe for concurrent use.
type frameWriter struct {
	to    io.Writer
	wire  *wire // below TLS, or nil
	alarm *alarm

	sending chan struct{} // holds a token while somebody sends, who may use what follows
	keys    *rand.ChaCha8
	err     error // why no more can be sent

	waiting  sync.Mutex // guards what follows
	controls []controlFrame
}

type controlFrame struct {
	op      opcode
	payload []byte
}

func newFrameWriter(to io.Writer, wire *wire, alarm *alarm) *frameWriter {
	var seed [32]byte
	crand.Read(seed[:])
	return &frameWriter{
		to: to, wire: wire, alarm: alarm,
		sending: make(chan struct{}, 1), keys: rand.NewChaCha8(seed),
	}
}

// message sends one message of at most maxMessage bytes.
func (w *frameWriter) message(p []byte) error {
	w.sending <- struct{}{}
	err := w.frame(opBinary, p)
	<-w.sending
	w.sendControls()
	return err
}

// control sends a control frame. While a message is being sent it does not wait:
// the frame goes out after it. A reader that waited here would let the server
// wait for us while we wait for the server.
func (w *frameWriter) control(op opcode, payload []byte) {
	w.waiting.Lock()
	if op == opPong { // only the last ping has to be answered
		w.controls = slices.DeleteFunc(w.controls, func(c controlFrame) bool { return c.op == opPong })
	}
	w.controls = append(w.controls, controlFrame{op, payload})
	w.waiting.Unlock()
	w.sendControls()
}

// sendControls sends what is waiting, unless another goroutine is sending, which
// looks here afterwards.
func (w *frameWriter) sendControls() {
	for w.isWaiting() {
		select {
		case w.sending <- struct{}{}:
		default:
			return
		}
		for _, c := range w.takeControls() {
			_ = w.frame(c.op, c.payload) // it fails for the next message too
		}
		<-w.sending
	}
}

func (w *frameWriter) isWaiting() bool {
	w.waiting.Lock()
	defer w.waiting.Unlock()
	return len(w.controls) > 0
}

func (w *frameWriter) takeControls() (all []controlFrame) {
	w.waiting.Lock()
	defer w.waiting.Unlock()
	all, w.controls = w.controls, nil
	return all
}

// frame sends one frame. After a close frame, and after half a frame, none may follow.
func (w *frameWriter) frame(op opcode, payload []byte) error {
	if w.err != nil {
		return w.err
	}
	buf := buffers.Get().(*buffer)
	defer buffers.Put(buf)
	frame := appendFrame(buf[:0], op, payload, uint32(w.keys.Uint64()))
	w.alarm.set()
	w.err = w.send(frame)
	w.alarm.stop()
	if op == opClose && w.err == nil {
		w.err = net.ErrClosed
		return nil
	}
	return w.err
}

// send lets the records of one frame go out together.
func (w *frameWriter) send(frame []byte) error {
	if w.wire == nil || len(frame) <= maxRecord {
		_, err := w.to.Write(frame)
		return err
	}
	w.wire.hold()
	_, err := w.to.Write(frame)
	return cmp.Or(err, w.wire.release())
}
