package settings

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"reflect"
	"strconv"
	"strings"

	"github.com/pelletier/go-toml/v2"

	"baissh/proxy/atomicfile"
	"baissh/proxy/folders"
)

// An Edit sets one key of one table, "" for the top.
type Edit struct {
	Table string // "profiles.default", "ssh"
	Key   string
	Value string
}

// Apply edits the settings file line by line, so that the user's comments and
// order stay, and creates it where there is none. The result must parse, but for
// profiles that were wrong before, and say what it said before but for the edits, or
// nothing is written.
func Apply(h folders.Home, edits ...Edit) error {
	old, err := os.ReadFile(h.SettingsFile())
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("read the settings: %w", err)
	}
	text := old
	for _, e := range edits {
		before := text
		if text = e.apply(text); !e.isAll(before, text) {
			return fmt.Errorf("edit %s: it is written in a way that only a person can change; set %s there by hand", h.SettingsFile(), e)
		}
	}
	if err := newMistake(old, text); err != nil {
		return fmt.Errorf("edit %s: %w", h.SettingsFile(), err)
	}
	if bytes.Equal(text, old) {
		return nil
	}
	if err := os.MkdirAll(h.Config, 0o700); err != nil {
		return fmt.Errorf("write the settings: %w", err)
	}
	if err := atomicfile.WriteFile(h.SettingsFile(), text, 0o600); err != nil {
		return fmt.Errorf("write the settings: %w", err)
	}
	return nil
}

// String is the edit as a person would write it in the file, for a table as a dotted key.
func (e Edit) String() string {
	if e.Table == "" {
		return e.line()
	}
	return e.Table + "." + e.line()
}

func (e Edit) line() string { return e.Key + " = " + strconv.Quote(e.Value) }

// isAll reports whether the edit is the only difference between two texts. A line that
// looks like a table's header may be part of a string. What does not parse is not
// compared.
func (e Edit) isAll(old, text []byte) bool {
	var want, got map[string]any
	if toml.Unmarshal(old, &want) != nil || toml.Unmarshal(text, &got) != nil {
		return true
	}
	if want == nil {
		want = map[string]any{}
	}
	return e.set(want) && reflect.DeepEqual(want, got)
}

func (e Edit) set(document map[string]any) bool {
	table := document
	for name := range strings.SplitSeq(e.Table, ".") {
		if name == "" {
			continue // the top
		}
		if table[name] == nil {
			table[name] = map[string]any{}
		}
		var ok bool
		if table, ok = table[name].(map[string]any); !ok {
			return false
		}
	}
	table[e.Key] = e.Value
	return true
}

func (e Edit) apply(text []byte) []byte {
	lines := strings.Split(strings.TrimRight(string(text), "\n"), "\n")
	if len(text) == 0 {
		lines = nil
	}
	line := e.line()
	first, last, found := e.table(lines)
	if !found {
		if len(lines) > 0 {
			lines = append(lines, "")
		}
		return join(append(lines, "["+e.Table+"]", line))
	}
	for i := first; i < last; i++ {
		if key, _, ok := strings.Cut(lines[i], "="); ok && strings.TrimSpace(key) == e.Key {
			lines[i] = line
			return join(lines)
		}
	}
	return join(append(lines[:first:first], append([]string{line}, lines[first:]...)...))
}

// table returns the lines between a table's header and the next header.
func (e Edit) table(lines []string) (first, last int, found bool) {
	found = e.Table == ""
	for i, line := range lines {
		header, isHeader := tableHeader(line)
		switch {
		case !isHeader:
		case found:
			return first, i, true
		case header == e.Table:
			first, found = i+1, true
		}
	}
	return first, len(lines), found
}

func tableHeader(line string) (string, bool) {
	line, _, _ = strings.Cut(line, "#")
	line = strings.TrimSpace(line)
	if !strings.HasPrefix(line, "[") || !strings.HasSuffix(line, "]") {
		return "", false
	}
	return strings.TrimSpace(line[1 : len(line)-1]), true
}

func join(lines []string) []byte { return []byte(strings.Join(lines, "\n") + "\n") }
