package backendaitest

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
)

// A field is one selected name of a GraphQL query, with its arguments and what
// is selected below it.
type field struct {
	name   string
	args   map[string]any
	fields []*field
}

// A queryReader reads the part of GraphQL that lists need: one operation, fields,
// arguments that are variables or plain values, and no fragments.
type queryReader struct {
	tokens    []string
	variables map[string]any
}

// parseQuery returns the fields at the top of a query.
func parseQuery(text string, variables map[string]any) (fields []*field, err error) {
	defer func() {
		if bad, ok := recover().(queryError); ok {
			fields, err = nil, bad
		}
	}()
	q := &queryReader{tokens: tokenize(text), variables: variables}
	if q.peek() == "query" {
		q.next()
		for q.peek() != "{" { // its name, and the types of its variables
			q.next()
		}
	}
	fields = q.selection()
	if q.peek() != "" {
		panic(queryError("Syntax Error: Unexpected " + q.peek()))
	}
	return fields, nil
}

// A queryError is what a query is answered with, in the words of the manager's library.
type queryError string

func (e queryError) Error() string { return string(e) }

func queryErrorf(format string, args ...any) error { return queryError(fmt.Sprintf(format, args...)) }

func (q *queryReader) peek() string {
	if len(q.tokens) == 0 {
		return ""
	}
	return q.tokens[0]
}

func (q *queryReader) next() string {
	if len(q.tokens) == 0 {
		panic(queryError("Syntax Error: Unexpected <EOF>"))
	}
	token := q.tokens[0]
	q.tokens = q.tokens[1:]
	return token
}

func (q *queryReader) want(token string) {
	if got := q.next(); got != token {
		panic(queryError(fmt.Sprintf("Syntax Error: Expected %q, found %q", token, got)))
	}
}

func (q *queryReader) selection() []*field {
	var fields []*field
	q.want("{")
	for q.peek() != "}" {
		f := &field{name: q.next(), args: map[string]any{}}
		if q.peek() == "(" {
			q.arguments(f)
		}
		if q.peek() == "{" {
			f.fields = q.selection()
		}
		fields = append(fields, f)
	}
	q.want("}")
	return fields
}

func (q *queryReader) arguments(f *field) {
	q.want("(")
	for q.peek() != ")" {
		name := q.next()
		q.want(":")
		f.args[name] = q.value()
	}
	q.want(")")
}

func (q *queryReader) value() any {
	token := q.next()
	if name, isVariable := strings.CutPrefix(token, "$"); isVariable {
		return q.variables[name]
	}
	if n, err := strconv.Atoi(token); err == nil {
		return float64(n) // as JSON has numbers
	}
	if text, err := strconv.Unquote(token); err == nil {
		return text
	}
	return token
}

// tokenize cuts a query into names, values and marks. Commas mean nothing.
func tokenize(text string) []string {
	var tokens []string
	for text = trimIgnored(text); text != ""; text = trimIgnored(text) {
		n := 1
		switch r := rune(text[0]); {
		case r == '"':
			n = max(1, 2+strings.IndexByte(text[1:], '"'))
		case strings.ContainsRune("{}():![]=", r):
		default:
			if end := strings.IndexFunc(text, endsWord); end != 0 {
				n = end
			}
			if n < 0 {
				n = len(text)
			}
		}
		tokens = append(tokens, text[:n])
		text = text[n:]
	}
	return tokens
}

func trimIgnored(text string) string {
	return strings.TrimLeftFunc(text, func(r rune) bool { return unicode.IsSpace(r) || r == ',' })
}

func endsWord(r rune) bool { return unicode.IsSpace(r) || strings.ContainsRune(`,{}():![]="`, r) }
