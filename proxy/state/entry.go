package state

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/crypto/ssh"
)

// An Entry is one host as other programs are told of it.
type Entry struct {
	Alias        string
	Port         int // on 127.0.0.1
	Account      string
	IdentityFile string // absolute; "" leaves it to the agent
	HostKey      string // "type base64"; "" while none is pinned
}

// Names come from outside, and a line break in one would add lines of its own to a
// file. So nothing is escaped that can be refused.
var accounts = regexp.MustCompile(`\A[A-Za-z_][A-Za-z0-9._-]{0,31}\z`)

// Flaw returns why no program can be told of e, "" if there is no such reason. What is
// wrong with the key file or the host key depends on the program.
func (e Entry) Flaw() string {
	switch {
	case !IsAlias(e.Alias):
		return "its alias is not a plain name"
	case e.Port < 1 || e.Port > 65535:
		return fmt.Sprintf("it has no usable port (%d)", e.Port)
	case !accounts.MatchString(e.Account):
		return fmt.Sprintf("its account %q is not a plain user name", Printable(e.Account))
	}
	return ""
}

// Key parses the host key. It demands the one spelling that has no room for anything else.
func (e Entry) Key() (ssh.PublicKey, error) {
	key, _, _, _, err := ssh.ParseAuthorizedKey([]byte(e.HostKey))
	if err != nil {
		return nil, err
	}
	if strings.TrimSuffix(string(ssh.MarshalAuthorizedKey(key)), "\n") != e.HostKey {
		return nil, fmt.Errorf("host key %q is not bare", Printable(e.HostKey))
	}
	return key, nil
}

// Accept sorts the entries by alias and puts aside those that have a flaw.
func Accept(entries []Entry, flaw func(Entry) string) (good []Entry, bad Refusals) {
	seen := map[string]bool{}
	for _, e := range entries {
		why := flaw(e)
		if why == "" && seen[e.Alias] {
			why = "another host has this alias"
		}
		if why != "" {
			bad = append(bad, &EntryError{Alias: e.Alias, Fact: why})
			continue
		}
		seen[e.Alias] = true
		good = append(good, e)
	}
	slices.SortFunc(good, func(a, b Entry) int { return strings.Compare(a.Alias, b.Alias) })
	return good, bad
}
