package install

import (
	_ "embed"
	"strings"
)

// PackagedUnit is where packages put the unit.
const PackagedUnit = "/usr/lib/systemd/user/" + Name + ".service"

//go:embed baissh.service
var unit string

// Unit is the text of the systemd user unit that runs program. Packages have it
// for the path that they install to.
func Unit(program string) string {
	return strings.ReplaceAll(unit, "@PROGRAM@", unitWord(program))
}

// unitWord makes a path one word of a unit's command line, in which "%" and "\"
// have a meaning also between quotes.
func unitWord(path string) string {
	quoted := strings.NewReplacer("%", "%%", `\`, `\\`, `"`, `\"`).Replace(path)
	if strings.ContainsAny(path, " '\"\\;") {
		return `"` + quoted + `"`
	}
	return quoted
}

// execStart is the program that a unit runs, if its path needs no quotes.
func execStart(unit string) (program string, found bool) {
	for line := range strings.Lines(unit) {
		if command, is := strings.CutPrefix(line, "ExecStart="); is {
			program, _, found = strings.Cut(command, " ")
			return program, found
		}
	}
	return "", false
}
