package sshconfig

import (
	"bytes"
	"fmt"
	"strings"

	"baissh/proxy/state"
)

// Options are what the text depends on beside the entries.
type Options struct {
	// WarnWeakCrypto silences the note of OpenSSH 10.1 and later about key
	// exchanges of today's servers. Older ones end at the unknown word, for
	// every host: set it only if each ssh that reads the file knows it.
	WarnWeakCrypto bool
}

// header is the only prose in the file: VS Code's reader has taken comments in
// an included file for options, so no word in it is one.
const header = "# written by baissh; changes made here are lost\n"

// Render writes the text of bai/config, entries in the order of their aliases.
// Entries that cannot be written are left out and returned as [state.Refusals]; the
// text is good without them. Any other error comes without a text.
func Render(d Dir, entries []state.Entry, opts Options) ([]byte, error) {
	if err := checkFolder(d); err != nil {
		return nil, err
	}
	good, bad := accept(d, entries)
	return renderHosts(d, good, opts), bad.OrNil()
}

// checkFolder refuses one that no line can name.
func checkFolder(d Dir) error {
	if why := unspellable(d, d.KnownHosts()); why != "" {
		return &state.Problem{
			Code: FolderUnusable, Fact: "ssh's folder has " + why,
			Hint: "move it to a folder with a plain name",
		}
	}
	return nil
}

// renderHosts is [Render] for entries that were accepted.
func renderHosts(d Dir, good []state.Entry, opts Options) []byte {
	var b bytes.Buffer
	b.WriteString(header)
	for _, e := range good {
		renderHost(&b, d, e, opts)
	}
	return b.Bytes()
}

// renderHost states every option that a "Host *" of the user's could otherwise
// set: the first value wins, and ours is read first. All are known since 7.3,
// where Include came.
func renderHost(b *bytes.Buffer, d Dir, e state.Entry, opts Options) {
	fmt.Fprintf(b, "\nHost %s\n", e.Alias)
	line := func(format string, args ...any) { fmt.Fprintf(b, "    "+format+"\n", args...) }
	line("HostName 127.0.0.1")
	line("Port %d", e.Port)
	line("User %s", e.Account)
	line("AddressFamily inet") // against inet6 in the user's own file
	line("ConnectTimeout 20")  // a connection is held for up to 12 s while its tunnel dials
	renderIdentity(line, d, e)
	line("PubkeyAuthentication yes")
	line("PreferredAuthentications publickey")
	line("HostKeyAlias %s", e.Alias)
	line("UserKnownHostsFile %s", quotePath(d, d.KnownHosts()))
	line("StrictHostKeyChecking yes")
	renderAlgorithms(line, e)
	line("CheckHostIP no")
	line("UpdateHostKeys no")
	line("ProxyCommand none") // switches off ProxyJump too
	line("ControlMaster no")
	line("ControlPath none")
	line("ForwardAgent no")
	line("ServerAliveInterval 30")
	if opts.WarnWeakCrypto {
		line("WarnWeakCrypto no-pq-kex")
	}
}

// renderIdentity keeps an agent's other keys away from a server that takes six
// tries, or, without a key file, lets the agent's keys through.
func renderIdentity(line func(string, ...any), d Dir, e state.Entry) {
	if e.IdentityFile == "" {
		line("IdentitiesOnly no")
		return
	}
	line("IdentityFile %s", quotePath(d, e.IdentityFile))
	line("IdentitiesOnly yes")
}

// renderAlgorithms asks for the pinned key's type, since a server with several
// would else show one that is not pinned.
func renderAlgorithms(line func(string, ...any), e state.Entry) {
	if kind, _, _ := strings.Cut(e.HostKey, " "); kind != "" {
		line("HostKeyAlgorithms %s", keyAlgorithms[kind])
	}
}
