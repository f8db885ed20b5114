package filezilla

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"
)

// A document is a file of FileZilla's with the places of all that is in it.
type document struct {
	file string // its name, for sentences
	text []byte
	eol  string
	root *node
}

// parse finds out what is where. It refuses more than FileZilla's own reader
// does: where the two might see different things, nothing is written.
func parse(file string, text []byte) (*document, error) {
	if !utf8.Valid(text) {
		return nil, notUTF8(file)
	}
	d := &document{file: file, text: text, eol: lineEnd(text)}
	top, err := nodes(text)
	if errors.Is(err, errCharset) {
		return nil, notUTF8(file)
	}
	if err != nil {
		return nil, notXML(file, err)
	}
	for _, n := range top.kids {
		switch {
		case n.kind == element && d.root == nil:
			d.root = n
		case n.kind == element, n.kind == words && !n.blank(text):
			return nil, notXML(file, errors.New("there is more than one root"))
		}
	}
	if d.root == nil {
		return nil, notXML(file, errors.New("there is nothing in it"))
	}
	if d.root.name != "FileZilla3" {
		return nil, notFileZilla(file)
	}
	return d, nil
}

// lineEnd is that of the file's first line.
func lineEnd(text []byte) string {
	if i := bytes.IndexByte(text, '\n'); i > 0 && text[i-1] == '\r' {
		return "\r\n"
	}
	return "\n"
}

// nodes reads the whole text. The decoder is asked for raw tokens, since what
// it makes of names and spaces cannot be turned back into bytes.
func nodes(text []byte) (*node, error) {
	top := &node{}
	if bytes.IndexByte(text, 0) >= 0 {
		return nil, errors.New("it has NUL bytes in it")
	}
	at := int64(0)
	if bytes.HasPrefix(text, bom) {
		at = int64(len(bom))
	}
	dec := xml.NewDecoder(bytes.NewReader(text[at:]))
	dec.CharsetReader = func(string, io.Reader) (io.Reader, error) { return nil, errCharset }
	open := []*node{top}
	for {
		start := at + dec.InputOffset()
		token, err := dec.RawToken()
		if err == io.EOF {
			return top, whole(open)
		}
		if err != nil {
			return nil, err
		}
		span := span{int(start), int(at + dec.InputOffset())}
		if open, err = grow(open, token, span, text); err != nil {
			return nil, err
		}
	}
}

var errCharset = errors.New("it is declared to be in another character set")

var bom = []byte("\xef\xbb\xbf")

// grow adds a token to the innermost open node.
func grow(open []*node, token xml.Token, s span, text []byte) ([]*node, error) {
	last := open[len(open)-1]
	n := &node{span: s}
	switch t := token.(type) {
	case xml.StartElement:
		n.kind, n.name, n.attr = element, fullName(t.Name), t.Attr
		n.inner = span{s.end, s.end}
		n.selfClosing = bytes.HasSuffix(text[s.start:s.end], []byte("/>"))
		last.kids = append(last.kids, n)
		return append(open, n), nil
	case xml.EndElement:
		if len(open) == 1 || last.name != fullName(t.Name) {
			return nil, fmt.Errorf("%s is ended but not open", fullName(t.Name))
		}
		last.inner.end, last.end = s.start, s.end
		return open[:len(open)-1], nil
	case xml.CharData:
		n.kind, n.value = words, string(t)
		n.cdata = bytes.HasPrefix(text[s.start:s.end], []byte("<![CDATA["))
	case xml.Comment:
		n.kind = comment
	}
	last.kids = append(last.kids, n)
	return open, nil
}

func fullName(n xml.Name) string {
	if n.Space != "" {
		return n.Space + ":" + n.Local
	}
	return n.Local
}

func whole(open []*node) error {
	if len(open) > 1 {
		return fmt.Errorf("%s has no end", open[len(open)-1].name)
	}
	return nil
}
