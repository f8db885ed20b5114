package sshconfig

import (
	"path/filepath"
	"strings"
)

// percents doubles what ssh would expand; escapes is for inside its quotes.
var (
	percents = strings.NewReplacer("%", "%%")
	escapes  = strings.NewReplacer(`\`, `\\`, `"`, `\"`)
)

// quotePath writes a path as an argument of IdentityFile and the like.
func quotePath(d Dir, path string) string {
	return `"` + escapes.Replace(percents.Replace(d.spell(path))) + `"`
}

// unspellable returns why a path cannot be an argument, "" if it can.
func unspellable(d Dir, path string) string {
	switch shown := d.spell(path); {
	case hasControl(shown):
		return "control characters in its path"
	case strings.Contains(shown, "${"):
		return "${ in its path, which ssh would expand" // and has no escape for
	}
	return ""
}

func checkIdentity(d Dir, path string) string {
	if path == "" {
		return ""
	}
	if !filepath.IsAbs(path) {
		return "the path of its key file is not absolute"
	}
	if why := unspellable(d, path); why != "" {
		return "its key file has " + why
	}
	return ""
}

func hasControl(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool { return r < 0x20 || r == 0x7f })
}
