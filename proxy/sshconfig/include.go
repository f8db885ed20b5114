package sshconfig

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
)

// The markers say which line is ours. They hold no word that is an option.
const (
	beginMark = "# >>> baissh >>>"
	endMark   = "# <<< baissh <<<"
)

// AddInclude makes our marked block the very first lines of the user's config:
// below a Host line the Include would belong to that host, and what is read
// first wins. Every other byte stays. A block that is in order, with nothing
// but comments above it, stays too. What cannot be changed safely is refused
// with a [state.Problem], whose Hint holds the line to paste.
func AddInclude(old []byte, d Dir) ([]byte, error) {
	line, err := d.IncludeLine()
	if err != nil {
		return nil, err
	}
	if err := checkText(old, line); err != nil {
		return nil, err
	}
	b, intact := findBlock(old)
	if !intact {
		return nil, damaged("take them out, and add as its first line: " + line)
	}
	if !b.found {
		return slices.Concat(blockText(old, line), old), nil
	}
	above, below := old[:b.start], old[b.end:]
	if !onlyComments(above) {
		return slices.Concat(blockText(old, line), above, below), nil
	}
	if b.includes(line) {
		return old, nil
	}
	return slices.Concat(above, blockText(old, line), below), nil
}

// RemoveInclude takes our block out and leaves every other byte, also those
// that came after us.
func RemoveInclude(old []byte) ([]byte, error) {
	b, intact := findBlock(old)
	if !intact {
		return nil, damaged(fmt.Sprintf("take out the lines %q, %q and the Include between them", beginMark, endMark))
	}
	if !b.found {
		return old, nil
	}
	return slices.Concat(old[:b.start], old[b.end:]), nil
}

var bom8 = []byte("\xef\xbb\xbf")

// checkText finds what OpenSSH itself cannot read.
func checkText(text []byte, line string) error {
	switch {
	case bytes.HasPrefix(text, []byte("\xff\xfe")), bytes.HasPrefix(text, []byte("\xfe\xff")):
		return unreadable(IsUTF16, "is UTF-16", line)
	case bytes.HasPrefix(text, bom8):
		return unreadable(HasBOM, "begins with a byte order mark", line)
	case bytes.IndexByte(text, 0) >= 0:
		return unreadable(HasNUL, "has NUL bytes in it", line)
	}
	return nil
}

// blockText ends its lines as the first line of the file does.
func blockText(old []byte, line string) []byte {
	eol := "\n"
	if i := bytes.IndexByte(old, '\n'); i > 0 && old[i-1] == '\r' {
		eol = "\r\n"
	}
	return []byte(strings.Join([]string{beginMark, line, endMark, ""}, eol))
}

func onlyComments(text []byte) bool {
	for range directives(text) {
		return false
	}
	return true
}
