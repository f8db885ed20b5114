package filezilla

import (
	"bytes"
	"encoding/xml"
	"slices"
	"strings"
)

// An editor gathers changes to a document by place, and makes them at the end.
type editor struct {
	*document
	edits []edit
	gone  map[*node]bool
}

type edit struct {
	span
	text string
}

func newEditor(d *document) *editor {
	return &editor{document: d, gone: map[*node]bool{}}
}

func (e *editor) replace(s span, text string) { e.edits = append(e.edits, edit{s, text}) }

func (e *editor) insert(at int, text string) { e.replace(span{at, at}, text) }

// done returns the text with all changes in it. No two of them overlap but
// those inside of something that is removed, which go with it.
func (e *editor) done() []byte {
	slices.SortStableFunc(e.edits, func(a, b edit) int {
		switch {
		case a.start != b.start:
			return a.start - b.start
		case (a.start == a.end) != (b.start == b.end): // what is inserted comes before
			return a.end - b.end
		}
		return b.end - a.end
	})
	var out bytes.Buffer
	at := 0
	for _, c := range e.edits {
		if c.start < at {
			continue
		}
		out.Write(e.text[at:c.start])
		out.WriteString(c.text)
		at = c.end
	}
	out.Write(e.text[at:])
	return out.Bytes()
}

// indent begins a new line, depth elements deep.
func (d *document) indent(depth int) string { return d.eol + strings.Repeat("\t", depth) }

// tail is where the next kid of n goes: behind the last thing in it, before
// the space that leads to its end tag.
func (d *document) tail(n *node) int {
	return n.inner.start + len(bytes.TrimRight(d.text[n.inner.start:n.inner.end], space))
}

// remove takes n out together with the indent before it.
func (e *editor) remove(n *node) {
	start := n.start
	line := bytes.TrimRight(e.text[:start], "\t ")
	if rest, ok := bytes.CutSuffix(line, []byte("\n")); ok {
		start = len(bytes.TrimSuffix(rest, []byte("\r")))
	}
	e.gone[n] = true
	e.replace(span{start, n.end}, "")
}

// set gives n the text value, and touches nothing if it has that already. Space
// around it counts, as it does for FileZilla.
func (e *editor) set(n *node, value string) {
	switch own := n.own(); {
	case own != nil && own.value == value:
	case n.selfClosing:
		e.replace(span{n.end - len("/>"), n.end}, ">"+escape(value)+"</"+n.name+">")
	default:
		e.replace(n.inner, escape(value))
	}
}

func escape(s string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(s)) // a Builder takes everything
	return b.String()
}
