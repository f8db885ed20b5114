// Package sshconfig makes OpenSSH know our hosts.
//
// All that is ours lies in ~/.ssh/bai: a config with one Host block for each
// entry, a known_hosts with one pinned key for each, and the private keys. The
// user's own ~/.ssh/config gets one marked line, Include, as its first, once
// and with consent; a line that the user took out stays out.
//
// [Render], [KnownHosts], [AddInclude], [RemoveInclude], [HasInclude] and
// [UserHosts] are pure. A [Writer] goes around them, and asks every ssh on the
// machine whether it can read a text before that text is swapped in: one bad
// line in an included file ends ssh for every host.
package sshconfig

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"baissh/proxy/state"

	"golang.org/x/crypto/ssh"
)

// An Entry is one host as OpenSSH is to know it.
type Entry struct {
	Alias        string
	Port         int // on 127.0.0.1
	Account      string
	IdentityFile string // absolute; "" leaves it to the agent
	HostKey      string // "type base64"; "" while none is pinned, then ssh refuses the host
}

// Names come from outside, and a line break in one would add options of its
// own, ProxyCommand among them. So nothing is escaped here that can be refused.
var accounts = regexp.MustCompile(`\A[A-Za-z_][A-Za-z0-9._-]{0,31}\z`)

// check returns why e cannot be written, "" if it can.
func (e Entry) check(d Dir) string {
	switch {
	case !state.IsAlias(e.Alias):
		return "its alias has characters that ssh takes for something else"
	case e.Port < 1 || e.Port > 65535:
		return fmt.Sprintf("it has no usable port (%d)", e.Port)
	case !accounts.MatchString(e.Account):
		return fmt.Sprintf("its account %q is not a plain user name", state.Printable(e.Account))
	}
	if why := checkIdentity(d, e.IdentityFile); why != "" {
		return why
	}
	return checkHostKey(e.HostKey)
}

// keyAlgorithms are the host key types that every OpenSSH since 7.3 can name;
// an unknown name in HostKeyAlgorithms is fatal. rsa-sha2-* are ways to sign
// with an ssh-rsa key.
var keyAlgorithms = map[string]string{
	ssh.KeyAlgoRSA:      "rsa-sha2-512,rsa-sha2-256",
	ssh.KeyAlgoED25519:  ssh.KeyAlgoED25519,
	ssh.KeyAlgoECDSA256: ssh.KeyAlgoECDSA256,
	ssh.KeyAlgoECDSA384: ssh.KeyAlgoECDSA384,
	ssh.KeyAlgoECDSA521: ssh.KeyAlgoECDSA521,
}

// checkHostKey demands the one spelling that has no room for anything else.
func checkHostKey(line string) string {
	if line == "" {
		return ""
	}
	key, _, _, _, err := ssh.ParseAuthorizedKey([]byte(line))
	if err != nil || strings.TrimSuffix(string(ssh.MarshalAuthorizedKey(key)), "\n") != line {
		return `its host key is not of the form "type base64"`
	}
	if keyAlgorithms[key.Type()] == "" {
		return fmt.Sprintf("ssh may not know host keys of type %s", key.Type())
	}
	return ""
}

// accept sorts the entries by alias and puts aside those that cannot be written.
func accept(d Dir, entries []Entry) (good []Entry, bad state.Refusals) {
	seen := map[string]bool{}
	for _, e := range entries {
		why := e.check(d)
		if why == "" && seen[e.Alias] {
			why = "another host has this alias"
		}
		if why != "" {
			bad = append(bad, &state.EntryError{Alias: e.Alias, Fact: why})
			continue
		}
		seen[e.Alias] = true
		good = append(good, e)
	}
	slices.SortFunc(good, func(a, b Entry) int { return strings.Compare(a.Alias, b.Alias) })
	return good, bad
}
