package tray

import (
	"os"
	"os/exec"
	"slices"
	"strings"
)

// inTerminal is the command line of the terminal that this desktop prefers, or
// else of one that is there.
func inTerminal(h hold, command []string) ([]string, error) {
	candidates := [][]string{
		{"xdg-terminal-exec"},
		append(strings.Fields(os.Getenv("TERMINAL")), "-e"),
		{"x-terminal-emulator", "-e"},
		{"gnome-terminal", "--"},
		{"konsole", "-e"},
		{"xfce4-terminal", "-x"},
		{"kitty"},
		{"alacritty", "-e"},
		{"foot"},
		{"xterm", "-e"},
	}
	for _, c := range candidates {
		if program, err := exec.LookPath(c[0]); err == nil && c[0] != "-e" {
			return slices.Concat([]string{program}, c[1:], holding(h, command)), nil
		}
	}
	return nil, noTerminal(command)
}

// findFileZilla is the command line that starts FileZilla, or nil.
func findFileZilla() []string {
	if program, err := exec.LookPath("filezilla"); err == nil {
		return []string{program}
	}
	return nil
}
