package sshconfig

import (
	"iter"
	"strings"
)

// A directive is one line of a config file as OpenSSH takes it apart.
type directive struct {
	keyword string // lower case
	args    []string
}

// directives are the lines that are neither blank nor comments.
func directives(config []byte) iter.Seq[directive] {
	return func(yield func(directive) bool) {
		for line := range strings.Lines(string(config)) {
			if d, ok := parseLine(line); ok && !yield(d) {
				return
			}
		}
	}
}

const blanks = " \t\r\n"

func parseLine(line string) (directive, bool) {
	keyword, rest := cutKeyword(strings.TrimRight(line, blanks+"\f"))
	if keyword == "" { // what stood before the first blank
		keyword, rest = cutKeyword(rest)
	}
	if keyword == "" || keyword[0] == '#' {
		return directive{}, false
	}
	return directive{strings.ToLower(keyword), splitArgs(rest)}, true
}

// cutKeyword follows OpenSSH's strdelim: the keyword may be quoted, and one
// "=" may stand between it and its arguments.
func cutKeyword(s string) (keyword, rest string) {
	i := strings.IndexAny(s, blanks+`"=`)
	if i < 0 {
		return s, ""
	}
	if s[i] == '"' {
		quoted, rest, closed := strings.Cut(s[i+1:], `"`)
		if !closed {
			return "", ""
		}
		return s[:i] + quoted, strings.TrimLeft(rest, blanks)
	}
	keyword, rest = s[:i], strings.TrimLeft(s[i+1:], blanks)
	if s[i] != '=' && strings.HasPrefix(rest, "=") {
		rest = strings.TrimLeft(rest[1:], blanks)
	}
	return keyword, rest
}

// splitArgs follows OpenSSH's argv_split; a quote that is never closed makes
// the line invalid there, and gives no arguments here.
func splitArgs(s string) []string {
	var args []string
	for {
		s = strings.TrimLeft(s, " \t")
		if s == "" || s[0] == '#' {
			return args
		}
		arg, rest, ok := cutArg(s)
		if !ok {
			return nil
		}
		args, s = append(args, arg), rest
	}
}

func cutArg(s string) (arg, rest string, ok bool) {
	var b strings.Builder
	var quote byte
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case c == '\\' && i+1 < len(s) && escapable(s[i+1], quote):
			i++
			b.WriteByte(s[i])
		case quote == 0 && (c == ' ' || c == '\t'):
			return b.String(), s[i:], true
		case quote == 0 && (c == '"' || c == '\''):
			quote = c
		case quote != 0 && c == quote:
			quote = 0
		default:
			b.WriteByte(c)
		}
	}
	return b.String(), "", quote == 0
}

func escapable(c, quote byte) bool {
	return c == '"' || c == '\'' || c == '\\' || quote == 0 && c == ' '
}
