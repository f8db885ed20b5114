package filezilla

import (
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
	k := openHostKeys(d)
	wanted := ports(want)
	for _, p := range stale {
		if !wanted[p.Port] {
			k.drop(p)
		}
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
	k := &hostKeys{editor: newEditor(&document{eol: "\n"})}
	return []byte(emptyFile(k.serversText(want)))
}

type hostKeys struct {
	*editor
	servers map[string]*node // by port
}

// openHostKeys finds the entry of each port, the first, which is the one that counts.
func openHostKeys(d *document) *hostKeys {
	k := &hostKeys{newEditor(d), map[string]*node{}}
	for _, n := range d.root.elements("Server") {
		port := n.attribute("Port")
		if n.attribute("Host") == host && k.servers[port] == nil {
			k.servers[port] = n
		}
	}
	return k
}

func (k *hostKeys) server(port int) *node { return k.servers[strconv.Itoa(port)] }

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
func (k *hostKeys) drop(p pin) {
	n := k.server(p.Port)
	if n == nil {
		return
	}
	if keys := n.elements("Hostkey"); len(keys) == 1 && keys[0].text() == p.Blob {
		k.remove(n)
	}
}

func ports(list []pin) map[int]bool {
	found := map[int]bool{}
	for _, p := range list {
		found[p.Port] = true
	}
	return found
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
