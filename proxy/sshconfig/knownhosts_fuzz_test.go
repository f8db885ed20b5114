package sshconfig

import (
	"os"
	"strings"
	"testing"

	"baissh/proxy/state"

	"golang.org/x/crypto/ssh"
)

// What we write of any host and key is one line that OpenSSH reads as this alias and
// this key; and a file of whatever content pins only what a line of it says.
func FuzzKnownHosts(f *testing.F) {
	f.Fuzz(func(t *testing.T, text, alias, hostKey string) {
		ours := KnownHosts([]state.Entry{{Alias: alias, HostKey: hostKey}, {Alias: "bai-x", HostKey: edwardsKey()}})
		names := 0
		for rest := ours; len(rest) > 0; names++ {
			var hosts []string
			var key ssh.PublicKey
			var err error
			if _, hosts, key, _, rest, err = ssh.ParseKnownHosts(rest); err != nil {
				t.Fatalf("%q is not for OpenSSH: %v", ours, err)
			}
			spelled := strings.TrimSpace(string(ssh.MarshalAuthorizedKey(key)))
			if len(hosts) != 1 || hosts[0] != "bai-x" && (hosts[0] != alias || spelled != hostKey) {
				t.Errorf("%q names %q with the key %s", ours, hosts, spelled)
			}
		}
		if names != strings.Count(string(ours), "\n") || names > 2 {
			t.Errorf("%q has %d hosts", ours, names)
		}
		checkPins(t, text, alias, hostKey)
	})
}

func checkPins(t *testing.T, text, alias, hostKey string) {
	t.Helper()
	w := &Writer{Dir: newDir(t), Programs: noSSH}
	if err := os.MkdirAll(w.Dir.Bai(), 0o700); err != nil {
		t.Fatal(err)
	}
	put(t, w.Dir.KnownHosts(), text)
	if w.Pins(alias, hostKey) && !strings.Contains("\n"+text, "\n"+alias+" "+hostKey) {
		t.Errorf("%q pins %q of %q", text, hostKey, alias)
	}
}
