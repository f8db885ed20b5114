package backendai

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

const hi = "\x82\x02hi"

// frameTests are servers that keep to RFC 6455 and such that do not.
var frameTests = map[string]struct {
	said string
	want outcome
	lax  bool // coder/websocket lets it pass
}{
	"nothing":             {"", outcome{"", "end", nil}, false},
	"one message":         {hi, outcome{"hi", "end", nil}, false},
	"messages":            {hi + "\x82\x00" + hi, outcome{"hihi", "end", nil}, false},
	"length in 2 bytes":   {whole(opBinary, long[:126]), outcome{long[:126], "end", nil}, false},
	"most in 2 bytes":     {whole(opBinary, long[:65535]), outcome{long[:65535], "end", nil}, false},
	"length in 8 bytes":   {whole(opBinary, long[:65536]) + hi, outcome{long[:65536] + "hi", "end", nil}, false},
	"larger than buffers": {whole(opBinary, long) + hi, outcome{long + "hi", "end", nil}, false},
	"in fragments":        {"\x02\x01h\x00\x00\x80\x01i", outcome{"hi", "end", nil}, false},
	"empty fragments":     {"\x02\x00\x00\x00\x80\x00" + hi, outcome{"hi", "end", nil}, false},
	"ping":                {whole(opPing, "you?") + hi, outcome{"hi", "end", []string{"pong you?"}}, false},
	"long ping":           {whole(opPing, long[:125]), outcome{"", "end", []string{"pong " + long[:125]}}, false},
	"ping in between":     {"\x02\x01h" + whole(opPing, "") + "\x80\x01i", outcome{"hi", "end", []string{"pong "}}, false},
	"pong nobody wanted":  {whole(opPong, "me") + whole(opPong, "12345678") + hi, outcome{"hi", "end", nil}, false},

	"masked":               {"\x82\x82keyshi", outcome{"", "a masked frame", []string{"close 1002"}}, true},
	"first reserved bit":   {"\xc2\x02hi", outcome{"", "a frame of an extension that was not agreed on", []string{"close 1002"}}, false},
	"second reserved bit":  {"\xa2\x02hi", outcome{"", "a frame of an extension that was not agreed on", []string{"close 1002"}}, false},
	"third reserved bit":   {"\x92\x02hi", outcome{"", "a frame of an extension that was not agreed on", []string{"close 1002"}}, false},
	"unknown data":         {hi + "\x83\x02hi", outcome{"hi", "a frame of an unknown kind", []string{"close 1002"}}, false},
	"unknown control":      {hi + "\x8b\x02hi", outcome{"hi", "a frame of an unknown kind", []string{"close 1002"}}, false},
	"ping in fragments":    {"\x09\x01h\x80\x01i", outcome{"", "a control frame in pieces", []string{"close 1002"}}, false},
	"ping of 126 bytes":    {whole(opPing, long[:126]), outcome{"", "a control frame that is too long", []string{"close 1002"}}, false},
	"continuation":         {hi + "\x80\x02hi", outcome{"hi", "a continuation of nothing", []string{"close 1002"}}, false},
	"start in a message":   {"\x02\x02hi\x82\x02hi", outcome{"hi", "a message inside another", []string{"close 1002"}}, false},
	"length without end":   {"\x82\x7f\x80\x00\x00\x00\x00\x00\x00\x02hi", outcome{"", "a length beyond all measure", []string{"close 1002"}}, false},
	"2 bytes, not needed":  {"\x82\x7e\x00\x02hi", outcome{"", "a length in a longer form than it needs", []string{"close 1002"}}, true},
	"8 bytes, not needed":  {"\x82\x7f\x00\x00\x00\x00\x00\x00\x00\x02hi", outcome{"", "a length in a longer form than it needs", []string{"close 1002"}}, true},
	"8 bytes, nearly":      {"\x82\x7f\x00\x00\x00\x00\x00\x00\xff\xff" + long[:65535], outcome{"", "a length in a longer form than it needs", []string{"close 1002"}}, true},
	"text":                 {"\x81\x02hi", outcome{"", "a text message", []string{"close 1003"}}, false},
	"text in fragments":    {hi + "\x01\x02hi\x80\x02hi", outcome{"hi", "a text message", []string{"close 1003"}}, false},
	"text in a message":    {"\x02\x02hi\x81\x02hi", outcome{"hi", "a message inside another", []string{"close 1002"}}, false},
	"nothing after an end": {"\x82\x82keyshi" + hi, outcome{"", "a masked frame", []string{"close 1002"}}, true},

	"close without a code":  {hi + whole(opClose, ""), outcome{"hi", "end", []string{"close"}}, false},
	"half a close code":     {hi + whole(opClose, "\x03"), outcome{"hi", "half a close code", []string{"close 1002"}}, false},
	"close":                 {goodbyeFrame(closeNormal), outcome{"", "end", []string{"close 1000"}}, false},
	"close of 26.9":         {hi + goodbyeFrame(1001), outcome{"hi", "end", []string{"close 1001"}}, false},
	"close with a reason":   {whole(opClose, "\x03\xe8"+long[:123]), outcome{"", "end", []string{"close 1000"}}, false},
	"close of 126 bytes":    {whole(opClose, "\x03\xe8"+long[:124]), outcome{"", "a control frame that is too long", []string{"close 1002"}}, false},
	"close in a message":    {"\x02\x02hi" + goodbyeFrame(1001), outcome{"hi", "end", []string{"close 1001"}}, false},
	"port closed":           {goodbyeFrame(closeRefused), outcome{"", "refused 1013", []string{"close 1013"}}, false},
	"dial error":            {goodbyeFrame(closeDialError), outcome{"", "refused 1011", []string{"close 1011"}}, false},
	"a code of one's own":   {goodbyeFrame(4000), outcome{"", "end", []string{"close 4000"}}, false},
	"code 999":              {goodbyeFrame(999), outcome{"", "a close code that is never sent", []string{"close 1002"}}, false},
	"code 1005":             {goodbyeFrame(1005), outcome{"", "a close code that is never sent", []string{"close 1002"}}, false},
	"code 1006":             {goodbyeFrame(1006), outcome{"", "a close code that is never sent", []string{"close 1002"}}, false},
	"code 1015":             {goodbyeFrame(1015), outcome{"", "a close code that is never sent", []string{"close 1002"}}, false},
	"code 2000":             {goodbyeFrame(2000), outcome{"", "a close code that is never sent", []string{"close 1002"}}, false},
	"code 5000":             {goodbyeFrame(5000), outcome{"", "a close code that is never sent", []string{"close 1002"}}, false},
	"bytes after close":     {goodbyeFrame(closeNormal) + hi, outcome{"", "end", []string{"close 1000"}}, false},
	"ping after close":      {goodbyeFrame(closeNormal) + whole(opPing, ""), outcome{"", "end", []string{"close 1000"}}, false},
	"end in a header":       {hi + "\x82", outcome{"hi", "end", nil}, false},
	"end in a length":       {hi + "\x82\x7f\x00\x00", outcome{"hi", "end", nil}, false},
	"end in a payload":      {hi + "\x82\x05hel", outcome{"hihel", "end", nil}, false},
	"end in a long payload": {whole(opBinary, long)[:70000], outcome{long[:69990], "end", nil}, false},
	"end between fragments": {"\x02\x02hi", outcome{"hi", "end", nil}, false},
	"end in a ping":         {hi + "\x89\x05hel", outcome{"hi", "end", nil}, false},
}

func TestFrames(t *testing.T) {
	for name, tt := range frameTests {
		t.Run(name, func(t *testing.T) {
			for _, byWriteTo := range []bool{false, true} {
				for _, cut := range cutsOf(len(tt.said)) {
					said := []byte(tt.said)
					if got := hear(t, byWriteTo, said[:cut], said[cut:]); !got.equal(tt.want) {
						t.Fatalf("cut at %d: got %s, want %s", cut, brief(got), brief(tt.want))
					}
				}
				pieces := slices.Collect(slices.Chunk([]byte(tt.said), 1+len(tt.said)/1000))
				if got := hear(t, byWriteTo, pieces...); !got.equal(tt.want) {
					t.Errorf("in %d pieces: got %s, want %s", len(pieces), brief(got), brief(tt.want))
				}
			}
		})
	}
}

// cutsOf are all of a short text, and those of a long one that may matter.
func cutsOf(n int) (cuts []int) {
	for i := range n + 1 {
		if n < 1000 || i < 20 || n-i < 10 || i%headRoom < 2 && i < 5*headRoom || i%maxMessage < 12 {
			cuts = append(cuts, i)
		}
	}
	return cuts
}

func brief(o outcome) string {
	return fmt.Sprintf("%d bytes %.20q, then %q, replies %.60q", len(o.payload), o.payload, o.end, o.replies)
}

func TestAnotherLibraryAgreesOnFrames(t *testing.T) {
	for name, tt := range frameTests {
		t.Run(name, func(t *testing.T) {
			got, want := secondOpinion(t, []byte(tt.said)), tt.want
			if want.end != "end" && !strings.HasPrefix(want.end, "refused") {
				want.end = "wrong"
			}
			agree := got.payload == want.payload && got.end == want.end
			if agree == tt.lax {
				t.Errorf("coder/websocket says %s, we say %s, lax is %v", brief(got), brief(want), tt.lax)
			}
		})
	}
}

func TestSentFramesAreReadBack(t *testing.T) {
	for _, n := range []int{1, 7, 8, 125, 126, 127, 511, 512, 513, 65535, maxMessage} {
		s := &script{}
		c := newConn(s, s)
		if got, err := c.Write([]byte(long[:n])); got != n || err != nil {
			t.Fatalf("Write of %d bytes = %d, %v", n, got, err)
		}
		op, payload, err := readClientFrame(&s.heard)
		if op != opBinary || string(payload) != long[:n] || err != nil {
			t.Errorf("%d bytes came as %d bytes of kind %d, %v", n, len(payload), op, err)
		}
	}
}

func TestLongWritesAreCutIntoMessages(t *testing.T) {
	s := &script{}
	c := newConn(s, s)
	if n, err := c.Write([]byte(long)); n != len(long) || err != nil {
		t.Fatalf("Write = %d, %v", n, err)
	}
	sizes := []int{}
	for s.heard.Len() > 0 {
		_, payload, err := readClientFrame(&s.heard)
		if err != nil {
			t.Fatal(err)
		}
		sizes = append(sizes, len(payload))
	}
	if want := []int{maxMessage, maxMessage, maxMessage}; !slices.Equal(sizes, want) {
		t.Errorf("messages of %v bytes, want %v", sizes, want)
	}
}
