package tunnel

import (
	"encoding/binary"
	"io"
	"net"
)

// Messages of a key exchange that carry the server's host key, in the clear: the
// reply of Diffie-Hellman in its many forms (RFC 4253, 8; RFC 5656, 4), and that of
// the group exchange, whose own 31 carries a number instead (RFC 4419, 3).
const (
	msgNewKeys  = 21
	msgKexReply = 31
	msgGexReply = 33
)

const (
	packetHeader = 5     // length, padding length
	maxPacket    = 35000 // RFC 4253, 6.1
)

// passKeyExchange passes on what the far side says until it has shown its host key
// and the tunnel has no objection to that. The client has not seen the key before.
func (c *connection) passKeyExchange(far net.Conn, first []byte) error {
	line, rest := cutIdentification(first, c.greeting != "")
	if _, err := c.local.Write(line); err != nil {
		return err
	}
	held := append(make([]byte, 0, largeRead), rest...)
	for {
		n, over, err := c.passPackets(held)
		if err != nil || over {
			return err
		}
		held = append(held[:0], held[n:]...)
		if held, err = readMore(far, held); err != nil {
			return err
		}
	}
}

// largeRead has room for a packet, and for what came with it.
const largeRead = maxPacket + 4096

// cutIdentification cuts off the line that comes before the first packet, unless
// the client has heard it already.
func cutIdentification(first []byte, heard bool) (line, rest []byte) {
	if heard {
		return nil, first
	}
	for i, b := range first {
		if b == '\n' {
			return first[:i+1], first[i+1:]
		}
	}
	return first, nil
}

func readMore(far io.Reader, held []byte) ([]byte, error) {
	n, err := far.Read(held[len(held):cap(held)])
	if n > 0 {
		err = nil // it will come again
	}
	return held[:len(held)+n], err
}

// passPackets passes on the whole packets in held, and says how long they are and
// whether the time for looking is over. A packet goes whole or not at all, so that
// a refusal can stand in its place.
func (c *connection) passPackets(held []byte) (passed int, over bool, err error) {
	for !over {
		size := packetSize(held[passed:])
		if size < 0 { // not SSH, or not in the clear
			break
		}
		if size == 0 {
			return passed, false, nil
		}
		packet := held[passed : passed+size]
		if over, err = c.judge(packet[packetHeader:]); err != nil {
			return passed, true, err
		}
		if _, err := c.local.Write(packet); err != nil {
			return passed, true, err
		}
		passed += size
	}
	_, err = c.local.Write(held[passed:])
	return len(held), true, err
}

// packetSize is the size of the packet that b begins with: 0 while it is not all
// there, below 0 if it can be none.
func packetSize(b []byte) int {
	if len(b) < packetHeader {
		return 0
	}
	length := binary.BigEndian.Uint32(b)
	switch {
	case length < 2 || length > maxPacket:
		return -1
	case uint32(len(b)-4) < length:
		return 0
	}
	return 4 + int(length)
}

// judge looks for the host key in a packet. After it all is passed on.
func (c *connection) judge(payload []byte) (over bool, err error) {
	switch payload[0] {
	case msgNewKeys:
		return true, nil
	case msgKexReply, msgGexReply:
		key, ok := firstString(payload[1:])
		if !ok || !isKey(key) {
			return false, nil // the group of a group exchange
		}
		if err := c.tunnel.CheckHostKey(key); err != nil {
			return true, &refusedKeyError{err}
		}
		return true, nil
	}
	return false, nil
}

// A refusedKeyError says why the client may not see the far side's host key.
type refusedKeyError struct{ why error }

func (e *refusedKeyError) Error() string { return e.why.Error() }

func firstString(b []byte) ([]byte, bool) {
	if len(b) < 4 {
		return nil, false
	}
	n := binary.BigEndian.Uint32(b)
	if uint64(n) > uint64(len(b)-4) {
		return nil, false
	}
	return b[4 : 4+n], true
}

// isKey reports whether b begins as a public key does: with the name of its kind.
func isKey(b []byte) bool {
	name, ok := firstString(b)
	if !ok || len(name) == 0 || len(name) > 64 {
		return false
	}
	for _, c := range name {
		if c <= ' ' || c > '~' {
			return false
		}
	}
	return true
}
