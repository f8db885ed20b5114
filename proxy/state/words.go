package state

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// DefaultProfile is the name of a profile that the user did not name.
const DefaultProfile = "default"

// maxPrintable keeps a sentence below the 400 bytes that OpenSSH shows of one.
const maxPrintable = 80

// Printable makes a text from outside fit for a terminal, a log and one line:
// control and invisible characters become "?", and what is too long is cut.
func Printable(s string) string {
	s = strings.Map(func(r rune) rune {
		if r == utf8.RuneError || !unicode.IsPrint(r) {
			return '?'
		}
		return r
	}, s)
	if runes := []rune(s); len(runes) > maxPrintable {
		return string(runes[:maxPrintable-1]) + "…"
	}
	return s
}
