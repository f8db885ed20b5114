package tunnel

import (
	"encoding/binary"
	"io"
	"math"
	"strings"
	"time"
)

// identification is what we call ourselves when we speak instead of the far side.
const identification = "SSH-2.0-baissh"

const (
	msgDisconnect          = 1  // RFC 4253, 11.1
	disconnectByAppication = 11 // SSH_DISCONNECT_BY_APPLICATION
	maxSentence            = 390
)

// refuse tells the client why it cannot be served. Before the key exchange SSH
// allows this in the clear, and OpenSSH, PuTTY and FileZilla show the sentence.
func (c *connection) refuse(why error) {
	words := disconnect(c.tunnel.explain(why))
	if c.greeting == "" {
		words = append([]byte(identification+"\r\n"), words...)
	}
	if _, err := c.local.Write(words); err == nil {
		c.linger()
	}
}

// linger ends our half and reads until the client has ended its own. A plain
// close with bytes unread would send a reset, which overtakes the sentence.
func (c *connection) linger() {
	c.local.CloseWrite()
	c.local.SetReadDeadline(time.Now().Add(lingerTime))
	io.Copy(io.Discard, c.local)
}

// disconnect makes an unencrypted SSH_MSG_DISCONNECT packet (RFC 4253, 6).
func disconnect(sentence string) []byte {
	payload := []byte{msgDisconnect}
	payload = binary.BigEndian.AppendUint32(payload, disconnectByAppication)
	payload = appendString(payload, oneLine(sentence))
	payload = appendString(payload, "en")
	const blockSize, header, minPadding = 8, 5, 4
	padding := blockSize - (header+len(payload))%blockSize
	if padding < minPadding {
		padding += blockSize
	}
	packet := binary.BigEndian.AppendUint32(nil, uint32(1+len(payload)+padding))
	packet = append(packet, byte(padding))
	packet = append(packet, payload...)
	return append(packet, make([]byte, padding)...)
}

func appendString(b []byte, s string) []byte {
	b = binary.BigEndian.AppendUint32(b, uint32(min(len(s), math.MaxInt32)))
	return append(b, s...)
}

// oneLine keeps a sentence to what OpenSSH prints of it: 400 bytes, no line breaks.
func oneLine(s string) string {
	s = strings.Join(strings.Fields(s), " ")
	if len(s) > maxSentence {
		s = strings.ToValidUTF8(s[:maxSentence], "") + "…"
	}
	return s
}
