package backendai

import (
	"bufio"
	"crypto/subtle"
	"encoding/binary"
	"slices"
)

// This file and its two neighbours are the client's half of RFC 6455, without
// extensions.

// An opcode says what a frame is.
type opcode byte

const (
	opContinuation opcode = 0
	opText         opcode = 1
	opBinary       opcode = 2
	opClose        opcode = 8
	opPing         opcode = 9
	opPong         opcode = 10
)

func (op opcode) control() bool { return op >= opClose }

func (op opcode) known() bool { return op <= opBinary || op >= opClose && op <= opPong }

// Sizes of frames, in bytes.
const (
	maxHeader  = 14  // as we send it; a server's carries no key and has 10
	maxControl = 125 // payload
)

// The bits and lengths of a header that mean something else.
const (
	bitFin      = 0x80
	bitsFuture  = 0x70
	bitMasked   = 0x80
	twoBytes    = 126 // the length is in the next two bytes
	eightBytes  = 127
	maxTwoBytes = 1<<16 - 1
)

// A header is a frame's, as the server sent it.
type header struct {
	op     opcode
	fin    bool  // the message ends with this frame
	length int64 // of the payload
	size   int   // of the header itself
}

// A violation is what no server may send. Its code is for our close frame.
type violation struct {
	code closeCode
	text string
}

func (v violation) Error() string { return v.text }

func broken(text string) violation { return violation{closeProtocol, text} }

// peekHeader waits for a header and leaves it in r, so that a deadline in the
// middle of it loses nothing.
func peekHeader(r *bufio.Reader) (h header, err error) {
	b, err := r.Peek(2)
	if err != nil {
		return h, err
	}
	if h, err = parseHeader(b[0], b[1]); err != nil || h.length < twoBytes {
		return h, err
	}
	if b, err = r.Peek(h.size); err != nil {
		return h, err
	}
	return h.withLength(b[2:])
}

// parseHeader takes a header's first two bytes. They suffice to refuse most of
// what is wrong, before any more of it is waited for.
func parseHeader(first, second byte) (header, error) {
	h := header{op: opcode(first & 0xf), fin: first&bitFin != 0, length: int64(second &^ bitMasked), size: 2}
	switch h.length {
	case twoBytes:
		h.size += 2
	case eightBytes:
		h.size += 8
	}
	switch {
	case first&bitsFuture != 0:
		return h, broken("a frame of an extension that was not agreed on")
	case second&bitMasked != 0:
		return h, broken("a masked frame")
	case !h.op.known():
		return h, broken("a frame of an unknown kind")
	case h.op.control() && !h.fin:
		return h, broken("a control frame in pieces")
	case h.op.control() && h.length > maxControl:
		return h, broken("a control frame that is too long")
	}
	return h, nil
}

// withLength takes the length from the bytes after the first two.
func (h header) withLength(b []byte) (header, error) {
	least := uint64(maxTwoBytes + 1)
	length := uint64(0)
	if len(b) == 2 {
		least, length = twoBytes, uint64(binary.BigEndian.Uint16(b))
	} else {
		length = binary.BigEndian.Uint64(b)
	}
	h.length = int64(length)
	switch {
	case h.length < 0:
		return h, broken("a length beyond all measure")
	case length < least:
		return h, broken("a length in a longer form than it needs")
	}
	return h, nil
}

// appendFrame appends a whole message or control frame. Clients mask what they
// send: an old proxy must not take it for a request.
func appendFrame(dst []byte, op opcode, payload []byte, key uint32) []byte {
	dst = append(dst, byte(op)|bitFin)
	switch n := len(payload); {
	case n < twoBytes:
		dst = append(dst, byte(n)|bitMasked)
	case n <= maxTwoBytes:
		dst = binary.BigEndian.AppendUint16(append(dst, twoBytes|bitMasked), uint16(n))
	default:
		dst = binary.BigEndian.AppendUint64(append(dst, eightBytes|bitMasked), uint64(n))
	}
	dst = binary.LittleEndian.AppendUint32(dst, key)
	return appendMasked(dst, payload, key)
}

// appendMasked repeats the key, so that much of it is applied at once.
func appendMasked(dst, payload []byte, key uint32) []byte {
	var pattern [512]byte
	for i := 0; i < min(len(payload), len(pattern)); i += 4 {
		binary.LittleEndian.PutUint32(pattern[i:], key)
	}
	at := len(dst)
	dst = slices.Grow(dst, len(payload))[:at+len(payload)]
	for rest := dst[at:]; len(payload) > 0; {
		n := subtle.XORBytes(rest, payload[:min(len(payload), len(pattern))], pattern[:])
		rest, payload = rest[n:], payload[n:]
	}
	return dst
}
