package filezilla

import (
	"bytes"
	"encoding/xml"
	"strings"
)

// A span is where something lies in a text.
type span struct{ start, end int }

type kind int

const (
	other kind = iota // a declaration or an instruction
	element
	words
	comment
)

// A node is an element, or what stands between elements.
type node struct {
	span
	kind  kind
	value string // of words, unescaped
	cdata bool

	// Of an element:
	name        string
	attr        []xml.Attr
	inner       span // between its tags
	selfClosing bool // there is one tag, and no inner
	kids        []*node
}

// blank reports whether n is only the space between elements.
func (n *node) blank(text []byte) bool {
	return n.kind == words && !n.cdata && len(bytes.Trim(text[n.start:n.end], space)) == 0
}

const space = " \t\r\n"

// elements returns n's own elements of a name.
func (n *node) elements(name string) []*node {
	var list []*node
	for _, k := range n.kids {
		if k.kind == element && k.name == name {
			list = append(list, k)
		}
	}
	return list
}

// child returns the first element of a name, as FileZilla does; others are
// dead to it. It is nil if there is none.
func (n *node) child(name string) *node {
	if list := n.elements(name); len(list) > 0 {
		return list[0]
	}
	return nil
}

// own returns the words that FileZilla takes for n's text: the first that are
// not blank.
func (n *node) own() *node {
	for _, k := range n.kids {
		if k.kind == words && (k.cdata || strings.Trim(k.value, space) != "") {
			return k
		}
	}
	return nil
}

// text is n's own text without the space around it.
func (n *node) text() string {
	if n == nil || n.own() == nil {
		return ""
	}
	return strings.Trim(n.own().value, space)
}

// title is what FileZilla calls a site, folder or bookmark in a path.
func (n *node) title() string {
	if name := n.child("Name").text(); name != "" {
		return name
	}
	return n.text()
}

func (n *node) attribute(name string) string {
	for _, a := range n.attr {
		if fullName(a.Name) == name {
			return a.Value
		}
	}
	return ""
}
