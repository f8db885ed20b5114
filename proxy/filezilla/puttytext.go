package filezilla

import (
	"slices"
	"strings"
)

// splicePutty returns PuTTY's store with the pins in it and the stale ones out.
// Of a name that is wanted there is one line afterwards, where the first stood:
// the first decides. A stale one goes only while it holds what we wrote. All
// other lines stay to the byte, also a last one without an end.
func splicePutty(old []byte, want, stale []pin) []byte {
	missing := map[string]pin{}
	for _, p := range want {
		missing[p.Name] = p
	}
	var lines []string
	for line := range strings.SplitSeq(string(old), "\n") {
		name, _, _ := strings.Cut(line, " ")
		if p, first := missing[name]; first {
			lines = append(lines, p.line())
			delete(missing, name)
			continue
		}
		if !named(want, name) && !written(stale, line) {
			lines = append(lines, line)
		}
	}
	return []byte(strings.Join(slices.Insert(lines, end(lines), lacking(want, missing)...), "\n"))
}

func (p pin) line() string { return p.Name + " " + p.Value }

func named(list []pin, name string) bool {
	return slices.ContainsFunc(list, func(p pin) bool { return p.Name == name })
}

func written(list []pin, line string) bool {
	return slices.ContainsFunc(list, func(p pin) bool { return p.line() == line })
}

// end is where a new line goes: what follows the last line end is no line.
func end(lines []string) int {
	if n := len(lines); n > 0 && lines[n-1] == "" {
		return n - 1
	}
	return len(lines)
}

func lacking(want []pin, missing map[string]pin) []string {
	var lines []string
	for _, p := range want {
		if _, lacks := missing[p.Name]; lacks {
			lines = append(lines, p.line())
		}
	}
	return lines
}
