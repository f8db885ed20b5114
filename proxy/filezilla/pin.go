package filezilla

import (
	"encoding/base64"
	"slices"
	"strconv"

	"baissh/proxy/state"

	"golang.org/x/crypto/ssh"
)

// A pin is the host key of one port, spelled for each of the two stores.
type pin struct {
	Port  int    `json:"port"`
	Name  string `json:"name"`  // in PuTTY's store, "rsa2@22022:127.0.0.1"
	Value string `json:"value"` // in PuTTY's store
	Blob  string `json:"blob"`  // in hostkeys.xml
}

// pins are those of entries that were accepted. Of two with one port, which
// cannot both be right, the first wins.
func pins(entries []state.Entry) []pin {
	var list []pin
	seen := map[int]bool{}
	for _, e := range entries {
		key, err := e.Key()
		if err != nil || seen[e.Port] {
			continue
		}
		seen[e.Port] = true
		list = append(list, newPin(e.Port, key))
	}
	return list
}

func newPin(port int, key ssh.PublicKey) pin {
	kind, value, _ := puttyKey(key)
	return pin{
		Port: port, Value: value,
		Name: kind + "@" + strconv.Itoa(port) + ":" + host,
		Blob: base64.StdEncoding.EncodeToString(key.Marshal()),
	}
}

// without returns the pins of a list that are not in another.
func without(list, other []pin) []pin {
	known := make(map[pin]bool, len(other))
	for _, p := range other {
		known[p] = true
	}
	return slices.DeleteFunc(slices.Clone(list), func(p pin) bool { return known[p] })
}
