package filezilla

import "strings"

// Notes are comments that remember how an element was before us, so that it
// can be the same again, to the byte. FileZilla drops them when it writes the
// file anew; then there are no bytes of before to go back to.
const (
	noteMade   = "<!-- baissh made this -->"
	noteOpened = "<!-- baissh opened this -->" // it was one tag, <so/>
	noteFound  = "<!-- baissh found this empty -->"
)

// note returns the note of ours in n, "" if there is none.
func (d *document) note(n *node) (string, *node) {
	for _, k := range n.kids {
		if k.kind != comment {
			continue
		}
		switch text := string(d.text[k.start:k.end]); text {
		case noteMade, noteOpened, noteFound:
			return text, k
		}
	}
	return "", nil
}

// put adds text, which begins with its indent, as the last thing in n. What
// has one tag gets two.
func (e *editor) put(n *node, text string, depth int) {
	if !n.selfClosing {
		e.insert(e.tail(n), text)
		return
	}
	end := span{n.end - len("/>"), n.end}
	e.replace(end, ">"+noteOpened+text+e.indent(depth)+"</"+n.name+">")
}

// empty reports whether nothing but our notes, and what is allowed, is left in n.
func (e *editor) empty(n *node, allowed *node) bool {
	for _, k := range n.kids {
		if k == allowed || e.gone[k] || k.blank(e.text) || e.isNote(k) {
			continue
		}
		return false
	}
	return true
}

func (e *editor) isNote(n *node) bool {
	return n.kind == comment && strings.HasPrefix(string(e.text[n.start:n.end]), "<!-- baissh ")
}

// close makes one tag again of an empty element that we opened.
func (e *editor) close(n *node) {
	if note, _ := e.note(n); note == noteOpened {
		e.replace(span{n.inner.start - len(">"), n.end}, "/>")
	}
}
