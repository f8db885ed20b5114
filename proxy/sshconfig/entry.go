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

	"baissh/proxy/state"

	"golang.org/x/crypto/ssh"
)

// accept puts aside those that ssh cannot be told of.
func accept(d Dir, entries []state.Entry) (good []state.Entry, bad state.Refusals) {
	return state.Accept(entries, func(e state.Entry) string {
		if why := e.Flaw(); why != "" {
			return why
		}
		if why := checkIdentity(d, e.IdentityFile); why != "" {
			return why
		}
		return checkHostKey(e)
	})
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

// checkHostKey takes no key, too: then ssh refuses the host.
func checkHostKey(e state.Entry) string {
	if e.HostKey == "" {
		return ""
	}
	key, err := e.Key()
	if err != nil {
		return `its host key is not of the form "type base64"`
	}
	if keyAlgorithms[key.Type()] == "" {
		return fmt.Sprintf("ssh may not know host keys of type %s", key.Type())
	}
	return ""
}
