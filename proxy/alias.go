package proxy

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxAlias is the longest alias, in bytes.
const maxAlias = 63

// aliasFor makes an alias of a session name. Where the name does not fit whole,
// a hash of it does: the same on every machine and after every restart.
func aliasFor(prefix, name string) string {
	mapped := mapName(name)
	alias := prefix + "-" + mapped
	if mapped == "" || len(alias) > maxAlias {
		return withHash(alias, name)
	}
	return alias
}

// withHash appends a short hash of text, and cuts alias where that is needed.
func withHash(alias, text string) string { return withHashWithin(maxAlias, alias, text) }

func withHashWithin(limit int, alias, text string) string {
	sum := sha256.Sum256([]byte(text))
	suffix := "-" + hex.EncodeToString(sum[:4])
	alias = strings.TrimRight(alias[:min(len(alias), limit-len(suffix))], "-._")
	return alias + suffix
}

// mapName lower-cases a name and turns all but letters, digits, dots, dashes and
// underscores into single dashes.
func mapName(name string) string {
	var b strings.Builder
	for _, r := range strings.ToLower(name) {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9', r == '.', r == '_':
			b.WriteRune(r)
		case !strings.HasSuffix(b.String(), "-"):
			b.WriteByte('-')
		}
	}
	return strings.Trim(b.String(), "-._")
}

// usable reports whether a session name is one that a person could mean. One with
// control characters is an attack or an accident: no file of ours gets to see it.
func usable(name string) bool {
	return name != "" && utf8.ValidString(name) && !strings.ContainsFunc(name, unicode.IsControl)
}
