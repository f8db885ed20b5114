package sshconfig

import (
	"path"
	"slices"
	"strings"
)

// HasInclude reports whether ssh finds bai/config through this text: by our
// line, or by one that the user wrote by hand where it counts for every host.
func HasInclude(old []byte, d Dir) bool {
	everyHost := true
	for line := range directives(old) {
		switch line.keyword {
		case "host":
			everyHost = slices.Equal(line.args, []string{"*"})
		case "match":
			everyHost = len(line.args) == 1 && strings.EqualFold(line.args[0], "all")
		case "include":
			if everyHost && slices.ContainsFunc(line.args, d.meansOurs) {
				return true
			}
		}
	}
	return false
}

// meansOurs reports whether an argument of Include, which may be a pattern,
// is our file.
func (d Dir) meansOurs(arg string) bool {
	names := []string{slashed(d.BaiConfig())}
	if d.Tilde {
		names = append(names, "~/.ssh/bai/config", "bai/config")
	}
	arg = slashed(arg)
	return slices.ContainsFunc(names, func(name string) bool {
		matched, err := path.Match(arg, name)
		return arg == name || err == nil && matched
	})
}
