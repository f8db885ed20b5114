package sshconfig

import (
	"strings"
	"testing"

	"baissh/proxy/state"
)

func FuzzAddInclude(f *testing.F) {
	f.Fuzz(func(t *testing.T, old []byte, relative bool) {
		checkInclude(t, old, Dir{Path: "/home/two words/.ssh", Tilde: relative})
	})
}

func FuzzUserHosts(f *testing.F) {
	f.Fuzz(func(t *testing.T, config []byte) {
		for _, name := range UserHosts(config) {
			if !literal(name) {
				t.Errorf("UserHosts(%q) has the pattern %q", config, name)
			}
		}
		added, err := AddInclude(config, tilde)
		if err != nil {
			return
		}
		if got, want := strings.Join(UserHosts(added), "\n"), strings.Join(UserHosts(config), "\n"); got != want {
			t.Errorf("UserHosts = %q with our block, %q without", got, want)
		}
	})
}

func FuzzRender(f *testing.F) {
	f.Fuzz(func(t *testing.T, alias, account, identity, hostKey string, port int) {
		e := state.Entry{Alias: alias, Port: port, Account: account, IdentityFile: identity, HostKey: hostKey}
		checkRender(t, Dir{Path: "/home/me/.ssh"}, []state.Entry{e})
		e.HostKey = edwardsKey()
		checkRender(t, tilde, []state.Entry{e})
	})
}
