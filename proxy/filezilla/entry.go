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
	"strings"
	"unicode"
	"unicode/utf8"

	"baissh/proxy/state"
)

// accept puts aside those that FileZilla cannot be told of. Those without a pinned key
// wait, which is no fault.
func accept(entries []state.Entry) (good []state.Entry, bad state.Refusals) {
	pinned := make([]state.Entry, 0, len(entries))
	for _, e := range entries {
		if e.HostKey != "" {
			pinned = append(pinned, e)
		}
	}
	return state.Accept(pinned, flaw)
}

// flaw returns why e cannot be written, "" if it can. FileZilla passes over a site that
// it finds half filled, and erases it at the next OK.
func flaw(e state.Entry) string {
	if why := e.Flaw(); why != "" {
		return why
	}
	if why := checkIdentity(e.IdentityFile); why != "" {
		return why
	}
	key, err := e.Key()
	if err == nil {
		_, _, err = puttyKey(key)
	}
	if err != nil {
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
