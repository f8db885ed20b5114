package proxy

import (
	"context"
	"os"
	"strings"

	"baissh/proxy/sshconfig"
	"baissh/proxy/state"
)

// write brings other programs' files up to date with the wishes.
func (e *Engine) write(ctx context.Context, wishes []wish) {
	var entries []sshconfig.Entry
	keep := map[string]bool{}
	for _, w := range wishes {
		if entry, ok := e.entry(w); ok {
			entries = append(entries, entry)
		}
		// Not the key of a predecessor with this alias: ssh would take it up at
		// once, and not look again when the right one comes.
		keep[w.alias] = w.enabled && e.memory.Hosts[w.session.ID].Identity != nil
	}
	e.sshState = e.ssh.Write(ctx, entries)
	if err := e.ssh.RemoveKeys(keep); err != nil {
		e.Log.Warn("remove key files that are no longer needed", "error", err)
	}
}

// entry is what ssh is told of a wish. A host whose key is not known yet has an
// entry too: its line holds the client until the key is pinned, or says why not.
func (e *Engine) entry(w wish) (sshconfig.Entry, bool) {
	l := e.lines[w.key]
	if !w.enabled || l == nil {
		return sshconfig.Entry{}, false
	}
	entry := sshconfig.Entry{
		Alias: w.alias, Port: l.port, Account: w.override.Account,
		IdentityFile: e.identityFile(w),
	}
	if id := e.memory.Hosts[w.session.ID].Identity; id != nil {
		entry.HostKey = id.HostKey
	}
	return entry, true
}

// identityFile is the key that ssh is to use, or "" for the agent's. Until it is
// known that a session has no key of its own, it is taken to have one.
func (e *Engine) identityFile(w wish) string {
	id := e.memory.Hosts[w.session.ID].Identity
	hasKey := id == nil || id.HasKey
	if file := w.identityFile(hasKey); file != "" || !hasKey {
		return file
	}
	return e.ssh.Dir.KeyFile(w.alias)
}

// keyNotice says what to know about the key of a host that is otherwise ready.
func (e *Engine) keyNotice(w wish, id *identity) *state.Problem {
	file := e.identityFile(w)
	switch {
	case id.Mismatch:
		return state.HostKeyMismatch(w.session.Name)
	case id.Refused:
		return state.WrongKey(w.session.Name, w.override.Account)
	case file == "":
		return state.WithoutKey(w.session.Name)
	case file == w.override.IdentityFile && unreadable(file):
		return state.NoIdentityFile(w.session.Name, file)
	case strings.Contains(file, "${"):
		return state.UnusableName(w.session.Name)
	}
	return nil
}

func unreadable(file string) bool {
	f, err := os.Open(file)
	if err == nil {
		f.Close()
	}
	return err != nil
}
