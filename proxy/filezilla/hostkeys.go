package filezilla

import (
	"slices"
	"strconv"
	"strings"
)

const keysFile = "hostkeys.xml"

// spliceHostKeys returns the store of FileZilla 3.70 and later with the pins
// in it and the stale ones out. What FileZilla keeps for a port beside its keys
// stays, and so does every other server's entry.
func spliceHostKeys(old []byte, want, stale []pin) ([]byte, error) {
	if len(old) == 0 {
		return newHostKeys(want), nil
	}
	d, err := parse(keysFile, old)
	if err != nil {
		return nil, err
	}
	k := &hostKeys{newEditor(d)}
	for _, p := range stale {
		k.drop(p, want)
	}
	var missing []pin
	for _, p := range want {
		if !k.set(p) {
			missing = append(missing, p)
		}
	}
	if len(missing) > 0 {
		k.put(d.root, k.serversText(missing), 0)
	} else if k.tidyRoot() {
		return []byte{}, nil
	}
	return k.done(), nil
}

func newHostKeys(want []pin) []byte {
	if len(want) == 0 {
		return []byte{}
	}
	k := &hostKeys{newEditor(&document{eol: "\n"})}
	return []byte(emptyFile(k.serversText(want)))
}

type hostKeys struct{ *editor }

// server returns the entry of a port, the first, which is the one that counts.
func (k *hostKeys) server(port int) *node {
	for _, n := range k.root.elements("Server") {
		if n.attribute("Host") == host && n.attribute("Port") == strconv.Itoa(port) {
			return n
		}
	}
	return nil
}

// set makes the pin the only key of its port, if the port has an entry.
func (k *hostKeys) set(p pin) bool {
	n := k.server(p.Port)
	if n == nil {
		return false
	}
	keys := n.elements("Hostkey")
	if len(keys) == 0 {
		k.put(n, k.keyText(p), 1)
		return true
	}
	k.editor.set(keys[0], p.Blob)
	for _, extra := range keys[1:] {
		k.remove(extra)
	}
	return true
}

// drop removes the entry of a port that is not ours any more, unless FileZilla
// or the user has put another key there.
func (k *hostKeys) drop(p pin, want []pin) {
	if slices.ContainsFunc(want, func(w pin) bool { return w.Port == p.Port }) {
		return
	}
	n := k.server(p.Port)
	if n == nil {
		return
	}
	if keys := n.elements("Hostkey"); len(keys) == 1 && keys[0].text() == p.Blob {
		k.remove(n)
	}
}

func (k *hostKeys) serversText(list []pin) string {
	var b strings.Builder
	for _, p := range list {
		b.WriteString(k.indent(1) + `<Server Host="` + host + `" Port="` + strconv.Itoa(p.Port) + `">` +
			k.keyText(p) + k.indent(1) + "</Server>")
	}
	return b.String()
}

func (k *hostKeys) keyText(p pin) string {
	return k.indent(2) + "<Hostkey>" + p.Blob + "</Hostkey>"
}
