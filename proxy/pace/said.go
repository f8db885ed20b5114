package pace

import (
	"bytes"
	"encoding/binary"
	"strings"
	"sync"
)

// heedless reports whether a server may be one that ignores the window. A Dropbear as it
// is published does not, and is not told apart.
func heedless(server string) bool { return strings.HasPrefix(server, "SSH-2.0-dropbear_") }

// said is what a client says in the clear: who it is, and what it has to propose for the
// key exchange.
type said struct {
	mu   sync.Mutex // guards what follows
	text []byte     // nil once it was understood, or too long
	over bool
	good bool
}

const longest = 64 << 10 // bytes; OpenSSH says some 2 KiB

func (s *said) hear(p []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.over {
		return
	}
	s.text = append(s.text, p...)
	if s.good, s.over = suits(s.text); s.over || len(s.text) > longest {
		s.text, s.over = nil, true
	}
}

// suits reports whether the client is OpenSSH, which alone passes on what it gets by
// writing it, and whose data is not compressed: then nobody can tell how much it is.
func (s *said) suits() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.good
}

// suits reads an identification and the first packet, SSH_MSG_KEXINIT (RFC 4253, 7.1).
// A server takes the first of the client's methods that it knows, and all know none.
func suits(text []byte) (good, over bool) {
	line, packet, found := bytes.Cut(text, []byte("\n"))
	switch {
	case !found:
		return false, false
	case !bytes.HasPrefix(line, []byte("SSH-2.0-OpenSSH_")):
		return false, true
	case len(packet) < 4 || uint64(len(packet)-4) < uint64(binary.BigEndian.Uint32(packet)):
		return false, false
	}
	compression := nameList(packet, compressionDown)
	return compression == "none" || strings.HasPrefix(compression, "none,"), true
}

// compressionDown is the place of the methods from server to client in the message.
const compressionDown = 7

// nameList returns one of the lists in a packet, "" if it is not there.
func nameList(packet []byte, place int) string {
	const beforeLists = 4 + 1 + 1 + 16 // length, padding, message, cookie
	if len(packet) < beforeLists {
		return ""
	}
	rest := packet[beforeLists:]
	for ; ; place-- {
		if len(rest) < 4 || uint64(len(rest)-4) < uint64(binary.BigEndian.Uint32(rest)) {
			return ""
		}
		end := 4 + binary.BigEndian.Uint32(rest)
		if place == 0 {
			return string(rest[4:end])
		}
		rest = rest[end:]
	}
}
