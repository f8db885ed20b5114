package backendai

import (
	"encoding/binary"
	"io"
)

// A closeCode says why a tunnel ends.
type closeCode uint16

const (
	closeNormal    closeCode = 1000
	closeProtocol  closeCode = 1002
	closeText      closeCode = 1003
	closeDialError closeCode = 1011 // the manager could not reach the ssh server
	closeRefused   closeCode = 1013 // the ssh server's port is closed
)

// payload is the code as a close frame carries it.
func (c closeCode) payload() []byte { return binary.BigEndian.AppendUint16(nil, uint16(c)) }

// A goodbye is a close frame that came. Its payload is empty or begins with a code.
type goodbye []byte

func (goodbye) Error() string { return "the tunnel was closed" }

// parseGoodbye checks what a close frame carries. The reason, a text, is not read.
func parseGoodbye(payload []byte) (goodbye, error) {
	if len(payload) == 0 {
		return nil, nil
	}
	if len(payload) == 1 {
		return nil, broken("half a close code")
	}
	g := goodbye(payload[:2])
	if !g.code().mayBeSent() {
		return nil, broken("a close code that is never sent")
	}
	return g, nil
}

func (g goodbye) code() closeCode {
	if len(g) == 0 {
		return 0
	}
	return closeCode(binary.BigEndian.Uint16(g))
}

// mayBeSent knows the codes that are registered, and those that anybody may use.
func (c closeCode) mayBeSent() bool {
	switch c {
	case 1004, 1005, 1006:
		return false
	}
	return c >= 1000 && c <= 1014 || c >= 3000 && c <= 4999
}

// meaning makes one end of the many: 26.9 closes with 1001, web servers with
// 1000, and where sshd was never reached, it is no end.
func (g goodbye) meaning() error {
	switch code := g.code(); code {
	case closeRefused, closeDialError:
		return &Error{Kind: Refused, Op: "reach the ssh server", Status: int(code)}
	}
	return io.EOF
}
