package backendai

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/coder/websocket"
)

// frame is a server's, in its shortest form. Its first byte is an opcode and flags.
func frame(first byte, payload string) string {
	head := []byte{first}
	switch n := len(payload); {
	case n < 126:
		head = append(head, byte(n))
	case n < 1<<16:
		head = binary.BigEndian.AppendUint16(append(head, 126), uint16(n))
	default:
		head = binary.BigEndian.AppendUint64(append(head, 127), uint64(n))
	}
	return string(head) + payload
}

func whole(op opcode, payload string) string { return frame(bitFin|byte(op), payload) }

func goodbyeFrame(code closeCode) string { return whole(opClose, string(code.payload())) }

// A script is a server that says its pieces and hears everything.
type script struct {
	net.Conn // nil: nobody asks for more than is here
	pieces   [][]byte
	heard    bytes.Buffer
}

func (s *script) Read(p []byte) (int, error) {
	if len(s.pieces) == 0 {
		return 0, io.EOF
	}
	n := copy(p, s.pieces[0])
	if s.pieces[0] = s.pieces[0][n:]; len(s.pieces[0]) == 0 {
		s.pieces = s.pieces[1:]
	}
	return n, nil
}

func (s *script) size() (n int) {
	for _, p := range s.pieces {
		n += len(p)
	}
	return n
}

func (s *script) Write(p []byte) (int, error) { return s.heard.Write(p) }
func (s *script) Close() error                { return nil }

// An outcome is what became of a server's bytes.
type outcome struct {
	payload string
	end     string   // "end", or what went wrong
	replies []string // "pong hi", "close 1002"
}

func (o outcome) equal(p outcome) bool {
	return o.payload == p.payload && o.end == p.end && slices.Equal(o.replies, p.replies)
}

// hear reads pieces the one way, or the other.
func hear(t testing.TB, byWriteTo bool, pieces ...[]byte) outcome {
	pieces = slices.DeleteFunc(pieces, func(p []byte) bool { return len(p) == 0 })
	s := &script{pieces: pieces}
	c := newConn(s, s)
	var got bytes.Buffer
	var err error
	if byWriteTo {
		if _, err = c.WriteTo(&got); err == nil {
			err = io.EOF
		}
	} else {
		buf := make([]byte, 7+s.size()/100)
		for err == nil {
			var n int
			n, err = c.Read(buf)
			got.Write(buf[:n])
		}
	}
	return outcome{got.String(), endName(err), framesIn(t, s.heard.Bytes())}
}

func endName(err error) string {
	var e *Error
	switch {
	case err == io.EOF:
		return "end"
	case errors.As(err, &e) && e.Kind == Garbage:
		return e.Detail
	case errors.As(err, &e):
		return fmt.Sprint(e.Kind, " ", e.Status)
	}
	return fmt.Sprintf("unexpected: %v", err)
}

// framesIn names what a client has sent.
func framesIn(t testing.TB, sent []byte) (list []string) {
	for r := bytes.NewReader(sent); r.Len() > 0; {
		op, payload, err := readClientFrame(r)
		if err != nil {
			t.Fatalf("the client sent %x: %v", sent, err)
		}
		list = append(list, frameName(op, payload))
	}
	return list
}

func frameName(op opcode, payload []byte) string {
	switch {
	case op == opClose && len(payload) >= 2:
		return fmt.Sprint("close ", binary.BigEndian.Uint16(payload))
	case op == opClose:
		return "close"
	case op == opPong:
		return "pong " + string(payload)
	}
	return fmt.Sprintf("%d %s", op, payload)
}

// readClientFrame is a server's reader.
func readClientFrame(r io.Reader) (opcode, []byte, error) {
	var head [2]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return 0, nil, err
	}
	if head[0]&0xf0 != bitFin || head[1]&bitMasked == 0 {
		return 0, nil, fmt.Errorf("a frame that begins with %x", head)
	}
	length := uint64(head[1] &^ bitMasked)
	switch size := map[uint64]int{twoBytes: 2, eightBytes: 8}[length]; {
	case size > 0:
		b := make([]byte, 8)
		if _, err := io.ReadFull(r, b[8-size:]); err != nil {
			return 0, nil, err
		}
		length = binary.BigEndian.Uint64(b)
	}
	b := make([]byte, 4+length)
	if _, err := io.ReadFull(r, b); err != nil {
		return 0, nil, err
	}
	key, payload := b[:4], b[4:]
	for i := range payload {
		payload[i] ^= key[i%4]
	}
	return opcode(head[0] & 0xf), payload, nil
}

// secondOpinion is what coder/websocket makes of a server's bytes. It has no
// names for what is wrong, and no replies.
func secondOpinion(t testing.TB, said []byte) outcome {
	s := &script{pieces: [][]byte{said}}
	ws, _, err := websocket.Dial(t.Context(), "http://server/", &websocket.DialOptions{
		HTTPClient:      &http.Client{Transport: answerer{s}},
		CompressionMode: websocket.CompressionDisabled,
	})
	if err != nil {
		t.Fatal(err)
	}
	defer ws.CloseNow()
	ws.SetReadLimit(-1)
	var got bytes.Buffer
	for {
		kind, r, err := ws.Reader(t.Context())
		if err == nil && kind == websocket.MessageText {
			return outcome{payload: got.String(), end: "wrong"}
		}
		if err == nil {
			_, err = io.Copy(&got, r)
		}
		if err != nil {
			return outcome{payload: got.String(), end: coderEnd(err)}
		}
	}
}

func coderEnd(err error) string {
	switch code := websocket.CloseStatus(err); {
	case code == websocket.StatusTryAgainLater, code == websocket.StatusInternalError:
		return fmt.Sprint("refused ", int(code))
	case code >= 0, errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return "end"
	case strings.Contains(err.Error(), "previous message not read to completion"):
		return "end" // it takes an end between fragments for the message's
	}
	return "wrong"
}

// An answerer upgrades every request to s.
type answerer struct{ s *script }

func (a answerer) RoundTrip(req *http.Request) (*http.Response, error) {
	h := http.Header{}
	h.Set("Connection", "Upgrade")
	h.Set("Upgrade", "websocket")
	h.Set("Sec-WebSocket-Accept", answerTo(req.Header.Get("Sec-WebSocket-Key")))
	return &http.Response{StatusCode: http.StatusSwitchingProtocols, Header: h, Body: a.s, Request: req}, nil
}

// long is larger than any buffer of ours.
var long = strings.Repeat("0123456789abcdef", 3<<16/16)
