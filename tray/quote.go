package tray

import (
	"regexp"
	"runtime"
	"strings"
)

// plainWord needs no quotes in any shell.
var plainWord = regexp.MustCompile(`^[A-Za-z0-9_./:=@+-]+$`)

// quoted is a command as one pastes it into a shell.
func quoted(command []string) string {
	var words []string
	for _, word := range command {
		words = append(words, quote(word))
	}
	return strings.Join(words, " ")
}

func quote(word string) string {
	switch {
	case plainWord.MatchString(word):
		return word
	case runtime.GOOS == "windows":
		return `"` + word + `"` // a quote cannot be in the name of a file there
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}
