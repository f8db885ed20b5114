package tray

import (
	"os/exec"
	"slices"

	"golang.org/x/sys/windows/registry"
)

// inTerminal is Windows Terminal, which keeps a tab whose command failed, or else
// a console window of its own for the command.
func inTerminal(_ hold, command []string) ([]string, error) {
	if terminal, err := exec.LookPath("wt.exe"); err == nil && !slices.ContainsFunc(command, splits) {
		return append([]string{terminal, "new-tab"}, command...), nil
	}
	program, err := exec.LookPath(command[0])
	if err != nil {
		return nil, err
	}
	return append([]string{program}, command[1:]...), nil
}

// splits reports whether Windows Terminal would take a word for two commands.
func splits(word string) bool { return slices.Contains([]byte(word), ';') }

// findFileZilla is the command line that starts FileZilla, or nil.
func findFileZilla() []string {
	for _, root := range []registry.Key{registry.CURRENT_USER, registry.LOCAL_MACHINE} {
		for _, view := range []uint32{registry.WOW64_64KEY, registry.WOW64_32KEY} {
			if program := appPath(root, view); program != "" {
				return []string{program}
			}
		}
	}
	if program, err := exec.LookPath("filezilla.exe"); err == nil {
		return []string{program}
	}
	return nil
}

func appPath(root registry.Key, view uint32) string {
	key, err := registry.OpenKey(root, `Software\Microsoft\Windows\CurrentVersion\App Paths\filezilla.exe`, registry.QUERY_VALUE|view)
	if err != nil {
		return ""
	}
	defer key.Close()
	program, _, _ := key.GetStringValue("")
	return program
}
