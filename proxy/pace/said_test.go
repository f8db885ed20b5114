package pace

import (
	"encoding/binary"
	"strings"
	"testing"
)

// greeting is what a client says first, with its wishes for data that it gets.
func greeting(identification, compression string) []byte {
	payload := append([]byte{20}, make([]byte, 16)...)
	for place := range 10 {
		list := "a,b"
		if place == compressionDown {
			list = compression
		}
		payload = binary.BigEndian.AppendUint32(payload, uint32(len(list)))
		payload = append(payload, list...)
	}
	payload = append(payload, 0, 0, 0, 0, 0)
	const padding = 8
	packet := binary.BigEndian.AppendUint32([]byte(identification+"\r\n"), uint32(1+len(payload)+padding))
	packet = append(packet, padding)
	return append(append(packet, payload...), make([]byte, padding)...)
}

func TestWhoIsWatched(t *testing.T) {
	for _, tt := range []struct {
		identification, compression string
		want                        bool
	}{
		{"SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u10", "none,zlib@openssh.com,zlib", true},
		{"SSH-2.0-OpenSSH_10.5", "none,zlib@openssh.com", true},
		{"SSH-2.0-OpenSSH_9.2p1", "none", true},
		{"SSH-2.0-OpenSSH_9.2p1", "zlib@openssh.com,zlib,none", false},
		{"SSH-2.0-OpenSSH_9.2p1", "nonesuch", false},
		{"SSH-2.0-OpenSSH_9.2p1", "", false},
		{"SSH-2.0-PuTTY_Release_0.83", "none,zlib", false},
		{"SSH-2.0-Go", "none", false},
	} {
		for _, size := range []int{1, 7, 10000} { // however it comes in
			var s said
			for text := greeting(tt.identification, tt.compression); len(text) > 0; text = text[min(size, len(text)):] {
				s.hear(text[:min(size, len(text))])
			}
			s.hear([]byte(strings.Repeat("in cipher", 10000)))
			if got := s.suits(); got != tt.want || s.text != nil {
				t.Errorf("%q, %q in pieces of %d: %v, want %v; %d bytes are kept", tt.identification, tt.compression, size, got, tt.want, len(s.text))
			}
		}
	}
}

// Whatever is said, nobody falls over it.
func FuzzSaid(f *testing.F) {
	f.Add(greeting("SSH-2.0-OpenSSH_9.2p1", "none"))
	f.Add([]byte("SSH-2.0-OpenSSH_\n\xff\xff\xff\xff"))
	f.Fuzz(func(_ *testing.T, text []byte) {
		var s said
		s.hear(text)
		s.suits()
	})
}
