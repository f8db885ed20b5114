// Package filezilla makes FileZilla know our hosts: one site for each in its
// Site Manager, in a folder of ours, and the host key of each in the store
// where the FileZilla of this machine looks for it, so that it connects without
// a dialog.
//
// sitemanager.xml is the user's. [Splice] changes bytes of our sites alone and
// leaves every other one as it is; it is pure. A [Writer] goes around it, by
// FileZilla's own rules: it takes FileZilla's lock for the time of one write,
// and waits while the Site Manager is open, since that would write back what it
// read before us. A site is ours by its folder, its name and a marker in its
// comments, which is all that FileZilla keeps of a file it did not write.
package filezilla

import (
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"baissh/proxy/state"

	"golang.org/x/crypto/ssh"
)

// An Entry is one host as FileZilla is to know it.
type Entry struct {
	Alias        string
	Port         int // on 127.0.0.1
	Account      string
	IdentityFile string // absolute; "" leaves it to the agent
	HostKey      string // "type base64"; "" while none is pinned, then there is no site yet
}

var accounts = regexp.MustCompile(`\A[A-Za-z_][A-Za-z0-9._-]{0,31}\z`)

// check returns why e cannot be written, "" if it can. FileZilla passes over
// a site that it finds half filled, and erases it at the next OK.
func (e Entry) check() string {
	switch {
	case !state.IsAlias(e.Alias):
		return "its alias is not a plain name"
	case e.Port < 1 || e.Port > 65535:
		return fmt.Sprintf("it has no usable port (%d)", e.Port)
	case !accounts.MatchString(e.Account):
		return fmt.Sprintf("its account %q is not a plain user name", state.Printable(e.Account))
	}
	if why := checkIdentity(e.IdentityFile); why != "" {
		return why
	}
	if _, err := parseHostKey(e.HostKey); err != nil {
		return `its host key is not of a form that FileZilla knows`
	}
	return ""
}

// checkIdentity refuses what FileZilla reads as something else: a line break
// is between two keys, and a quote ends the name for fzsftp.
func checkIdentity(path string) string {
	switch {
	case path == "":
		return ""
	case !filepath.IsAbs(path):
		return fmt.Sprintf("its key file %q is not an absolute path", state.Printable(path))
	case !utf8.ValidString(path) || strings.ContainsFunc(path, unprintable) || path != strings.TrimSpace(path):
		return fmt.Sprintf("the name of its key file %q has characters that FileZilla cannot keep", state.Printable(path))
	}
	return ""
}

func unprintable(r rune) bool {
	return r == '"' || unicode.IsControl(r) || r == '\ufffe' || r == '\uffff' || r == utf8.RuneError
}

// parseHostKey demands the one spelling that has no room for anything else.
func parseHostKey(line string) (ssh.PublicKey, error) {
	key, _, _, _, err := ssh.ParseAuthorizedKey([]byte(line))
	if err != nil {
		return nil, err
	}
	if strings.TrimSuffix(string(ssh.MarshalAuthorizedKey(key)), "\n") != line {
		return nil, fmt.Errorf("host key %q is not bare", state.Printable(line))
	}
	_, _, err = puttyKey(key)
	return key, err
}

// accept sorts the entries by alias and puts aside those that cannot be
// written. Those without a pinned key wait, which is no fault.
func accept(entries []Entry) (good []Entry, bad state.Refusals) {
	seen := map[string]bool{}
	for _, e := range entries {
		if e.HostKey == "" {
			continue
		}
		why := e.check()
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
