// Package pace keeps a client of OpenSSH from being sent more than it has room for.
//
// The Dropbear that Backend.AI ships ignores ssh's window: it sends whatever the program
// behind it writes, and a client whose reader takes its time loses what is beyond 2 MiB,
// up to OpenSSH 9.5 in silence. From ciphertext nobody can tell how much a client holds.
// But where it runs on this machine and Linux, as the same user, the kernel can:
//
//   - It counts what a process has written, to its readers and to us. What it was sent and
//     has not passed on, it holds; a little more is assumed, so that errors add up on the
//     safe side.
//   - It shows when a process holds nothing: it sleeps although each place that it writes
//     to would take more, or is nobody's any more. So the sum begins anew, and a client
//     whose reader has gone away, which throws away what comes, is not held back.
//
// The client is written to later, and so the server is read later. Only for a client whose
// reader rests, something is kept: see store.
package pace

import (
	"context"
	"math"
	"net"
	"time"
)

const (
	// unwatched is what each connection may carry before its client is looked for.
	unwatched = 256 << 10 // bytes
	// limit is how much a client may hold. A window is 2 MiB, with a terminal 1 MiB: it
	// takes errors in a row to get there.
	limit = 384 << 10
	// enough is what a client must have room for to be sent something, unless it rests.
	enough = 96 << 10
)

// A client whose reader rests is given a piece now and then, up to the ceiling. As we write
// its configuration, it asks after a server that is silent for 30 s, and gives it up after
// 120 s. So the piece comes just after it has asked: a Dropbear that hears nothing for 45 s
// ends the connection, and may hear it some seconds late, see store.
const (
	restPause = 32 * time.Second
	piece     = 32 << 10
	ceiling   = 960 << 10
)

// Pauses between looks: a fraction of the time in which nothing has moved.
const (
	shortPause    = 300 * time.Microsecond
	longPause     = 20 * time.Millisecond
	pauseFraction = 16
)

// slack is what is added for each byte sent, as a fraction: a client that is told to say
// what it does writes that, too (-vvv: up to 64 bytes for each 32 KiB).
const slack = 512

// A Writer writes to a client, no faster than that passes it on.
type Writer struct {
	client net.Conn
	ctx    context.Context // with its end nothing is held back any more
	said   said
	room   int // bytes that may be sent without a look

	watch   func(net.Conn) (process, error)
	process process
	sum     sum

	store *store // of a client that rests, or nil
}

// A process is a client as the operating system sees it.
type process interface {
	// passed is how many bytes it has passed on. It may be too low for a moment.
	passed() (int64, error)
	// empty reports whether it holds nothing.
	empty() (bool, error)
	close()
}

// New is a Writer to a client of which nothing was heard yet, and a server that
// identifies itself in this way. With the end of the context it holds nothing back.
func New(ctx context.Context, client net.Conn, server string) *Writer {
	w := &Writer{client: client, ctx: ctx, room: unwatched, watch: watch}
	if !heedless(server) {
		w.room, w.said.over = endless, true
	}
	return w
}

const endless = math.MaxInt

// Hear tells of what the client says, from its first word on. It may be called while
// Write is.
func (w *Writer) Hear(p []byte) { w.said.hear(p) }

// Write returns when all was taken by the client's system, or is kept for a client that
// rests.
func (w *Writer) Write(p []byte) (n int, err error) {
	if kept, err := w.await(p); kept || err != nil {
		return len(p), err
	}
	for n < len(p) && err == nil {
		if w.room == 0 {
			w.room = w.wait(keepPause)
		}
		if w.room == 0 {
			w.keep(p[n:])
			return len(p), nil
		}
		var m int
		m, err = w.send(p[n:])
		n += m
	}
	return n, err
}

// send writes as much as there is room for.
func (w *Writer) send(p []byte) (int, error) {
	n, err := w.client.Write(p[:min(len(p), w.room)])
	if w.room != endless {
		w.room -= n
		w.sum.sent += int64(n)
	}
	return n, err
}

// Close ends the watch.
func (w *Writer) Close() {
	if w.process != nil {
		w.process.close()
	}
}

// wait returns how much may be sent, once something may: 0 when nothing has moved for so
// long. What cannot be watched is not held back.
func (w *Writer) wait(patience time.Duration) int {
	if w.process == nil && !w.begin() {
		return endless
	}
	for {
		room, err := w.look()
		switch {
		case err != nil:
			return endless
		case room > 0:
			return int(room)
		case time.Since(w.sum.moved) >= patience:
			return 0
		case !w.pause():
			return endless
		}
	}
}

// begin looks for the client. All it was sent so far it may hold.
func (w *Writer) begin() bool {
	if !w.said.suits() {
		return false
	}
	process, err := w.watch(w.client)
	if err != nil {
		return false
	}
	w.process, w.sum.moved = process, time.Now()
	w.sum.first, err = process.passed()
	w.sum.passed = w.sum.first
	return err == nil
}

// look returns how much the client may be sent, 0 if it has to wait.
func (w *Writer) look() (int64, error) {
	passed, err := w.process.passed()
	if err != nil {
		return 0, err
	}
	moved := w.sum.look(passed)
	switch room := limit - w.sum.held(); {
	case room >= enough:
		return room, nil
	case moved:
		return 0, nil
	default:
		return w.rest()
	}
}

// rest is for a client that holds too much, it seems, and passes nothing on.
func (w *Writer) rest() (int64, error) {
	empty, err := w.process.empty()
	switch {
	case err != nil:
		return 0, err
	case empty:
		w.sum.anew()
		return limit, nil
	case time.Since(w.sum.moved) >= restPause && w.sum.held()+piece <= ceiling:
		w.sum.moved = time.Now()
		return piece, nil
	}
	return 0, nil
}

// pause reports whether there is a reason to look again.
func (w *Writer) pause() bool {
	timer := time.NewTimer(min(max(time.Since(w.sum.moved)/pauseFraction, shortPause), longPause))
	defer timer.Stop()
	select {
	case <-w.ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}
