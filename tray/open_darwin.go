package tray

import (
	"os"
	"path/filepath"
)

// inTerminal writes a file that Terminal runs when it is opened: to ask Terminal
// itself needs the user's permission.
func inTerminal(h hold, command []string) ([]string, error) {
	f, err := os.CreateTemp("", "baissh-*.command")
	if err != nil {
		return nil, err
	}
	defer f.Close()
	text := "#!/bin/sh\nrm -f " + quote(f.Name()) + "\nexec " + quoted(holding(h, command)) + "\n"
	if _, err := f.WriteString(text); err != nil {
		return nil, err
	}
	return []string{"/usr/bin/open", f.Name()}, f.Chmod(0o700)
}

// findFileZilla is the command line that starts FileZilla, or nil.
func findFileZilla() []string {
	home, _ := os.UserHomeDir()
	for _, dir := range []string{"/Applications", filepath.Join(home, "Applications")} {
		app := filepath.Join(dir, "FileZilla.app")
		if _, err := os.Stat(app); err == nil {
			return []string{"/usr/bin/open", "-n", "-a", app, "--args"}
		}
	}
	return nil
}
