package sshconfig

import (
	"bytes"
	"maps"
	"slices"
	"strings"

	"baissh/proxy/state"
)

// KnownHosts writes the text of bai/known_hosts: one line for each alias that
// has a pinned key. The name is the bare alias, as HostKeyAlias looks it up;
// with a port it would not match. Entries that cannot be written are left out.
func KnownHosts(entries []state.Entry) []byte {
	pins := map[string]string{}
	for _, e := range entries {
		if _, taken := pins[e.Alias]; !taken && pinnable(e) {
			pins[e.Alias] = e.HostKey
		}
	}
	return knownHosts(pins)
}

func pinnable(e state.Entry) bool {
	return state.IsAlias(e.Alias) && e.HostKey != "" && checkHostKey(e) == ""
}

func knownHosts(pins map[string]string) []byte {
	var b bytes.Buffer
	for _, alias := range slices.Sorted(maps.Keys(pins)) {
		b.WriteString(alias + " " + pins[alias] + "\n")
	}
	return b.Bytes()
}

// Pins reports whether ssh knows the key of an alias, as the file is now.
func (w *Writer) Pins(alias, hostKey string) bool {
	text, err := readConfig(w.Dir.KnownHosts())
	if err != nil {
		return false
	}
	for line := range strings.Lines(string(text)) {
		if strings.TrimRight(line, "\r\n") == alias+" "+hostKey {
			return true
		}
	}
	return false
}
