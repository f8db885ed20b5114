package sshconfig

import (
	"bytes"
	"slices"
)

// A block is where our marked lines are.
type block struct {
	found      bool
	start, end int // bytes of the file, markers and line ends included
	inner      directive
}

// findBlock accepts exactly one begin, one Include and one end in a row.
// Anything else was edited by somebody, and is not ours to repair.
func findBlock(text []byte) (b block, intact bool) {
	spans := lineSpans(text)
	begins, ends := marks(text, spans)
	if len(begins)+len(ends) == 0 {
		return block{}, true
	}
	if len(begins) != 1 || len(ends) != 1 || ends[0] != begins[0]+2 {
		return block{}, false
	}
	middle := spans[begins[0]+1]
	inner, ok := parseLine(string(text[middle.start:middle.end]))
	if !ok || inner.keyword != "include" {
		return block{}, false
	}
	return block{true, spans[begins[0]].start, spans[ends[0]].end, inner}, true
}

// hasMarks reports whether there is anything that looks like ours.
func hasMarks(text []byte) bool {
	begins, ends := marks(text, lineSpans(text))
	return len(begins)+len(ends) > 0
}

// marks returns which lines are markers.
func marks(text []byte, spans []span) (begins, ends []int) {
	for i, s := range spans {
		switch string(bytes.TrimSpace(text[s.start:s.end])) {
		case beginMark:
			begins = append(begins, i)
		case endMark:
			ends = append(ends, i)
		}
	}
	return begins, ends
}

func (b block) includes(line string) bool {
	want, _ := parseLine(line)
	return slices.Equal(b.inner.args, want.args)
}

type span struct{ start, end int }

// lineSpans cuts after each line feed. A byte order mark that an editor put
// before our marker later belongs to no line.
func lineSpans(text []byte) []span {
	var spans []span
	at := 0
	if bytes.HasPrefix(text, bom8) {
		at = len(bom8)
	}
	for line := range bytes.Lines(text[at:]) {
		spans = append(spans, span{at, at + len(line)})
		at += len(line)
	}
	return spans
}
