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
	out := map[string]bool{} // names whose line is elsewhere, and stale lines
	for _, p := range stale {
		out[p.line()] = true
	}
	for _, p := range want {
		missing[p.Name], out[p.Name] = p, true
	}
	var lines []string
	for line := range strings.SplitSeq(string(old), "\n") {
		name, _, _ := strings.Cut(line, " ")
		if p, first := missing[name]; first {
			lines = append(lines, p.line())
			delete(missing, name)
			continue
		}
		if !out[name] && !out[line] {
			lines = append(lines, line)
		}
	}
	return []byte(strings.Join(slices.Insert(lines, end(lines), lacking(want, missing)...), "\n"))
}

func (p pin) line() string { return p.Name + " " + p.Value }

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
