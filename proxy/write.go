package proxy

import (
	"context"
	"os"
	"strings"

	"baissh/proxy/state"
)

// writeSSH brings ssh's files up to date with the wishes, and returns what
// all programs are told.
func (e *Engine) writeSSH(ctx context.Context, wishes []wish) []state.Entry {
	entries := make([]state.Entry, 0, len(wishes))
	for _, w := range wishes {
		if entry, ok := e.told(w); ok {
			entries = append(entries, entry)
		}
	}
	e.sshState = e.ssh.Write(ctx, entries)
	return entries
}

// removeKeys removes the key files that nobody needs any more. That of a predecessor
// with the same alias goes, too: ssh would take it up at once, and not look again when
// the right one comes.
func (e *Engine) removeKeys(wishes []wish, files map[string]bool) {
	keep := make(map[string]bool, len(wishes))
	for _, w := range wishes {
		keep[w.alias] = w.enabled && e.memory.Hosts[w.host()].Identity != nil
	}
	if err := e.ssh.RemoveKeys(files, keep); err != nil {
		e.Log.Warn("remove key files that are no longer needed", "error", err)
	}
}

// writeOthers brings all other programs' files up to date.
func (e *Engine) writeOthers(ctx context.Context, entries []state.Entry) {
	e.written = e.written[:0:0]
	for _, w := range e.writers {
		e.written = append(e.written, w.Write(ctx, entries))
	}
}

// told is what programs are told of a wish. A host whose key is not known yet is
// told of, too: its line holds the client until the key is pinned, or says why not.
func (e *Engine) told(w wish) (entry state.Entry, ok bool) {
	l := e.lines[w.key]
	if !w.enabled || l == nil {
		return entry, false
	}
	entry = state.Entry{Alias: w.alias, Port: l.port, Account: w.override.Account, IdentityFile: e.identityFile(w)}
	if id := e.memory.Hosts[w.host()].Identity; id != nil {
		entry.HostKey = id.HostKey
	}
	return entry, true
}

// identityFile is the key that ssh is to use, or "" for the agent's. Until it is
// known that a session has no key of its own, it is taken to have one.
func (e *Engine) identityFile(w wish) string {
	id := e.memory.Hosts[w.host()].Identity
	hasKey := id == nil || id.HasKey
	if file := w.identityFile(hasKey); file != "" || !hasKey {
		return file
	}
	return e.ssh.Dir.KeyFile(state.MainAlias(w.alias))
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
