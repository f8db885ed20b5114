package state

import (
	"regexp"
	"strings"
)

// aliases begin like a name, and may end with a container of a cluster. No name brings
// a plus along, so that "bai-train+sub1" is nobody else's.
var aliases = regexp.MustCompile(`\A[a-z0-9][a-z0-9._-]{0,62}(\+[a-z][a-z0-9-]{0,30})?\z`)

// IsAlias reports whether a name may stand after "ssh": it means nothing else to any
// program that is told of it.
func IsAlias(name string) bool { return aliases.MatchString(name) }

// AliasOf is the alias, or the name, of a container of a cluster whose main one has this.
func AliasOf(container, main string) string { return main + "+" + container }

// MainAlias is the alias of the main container, whichever of the cluster's has this one.
func MainAlias(alias string) string {
	main, _, _ := strings.Cut(alias, "+")
	return main
}
