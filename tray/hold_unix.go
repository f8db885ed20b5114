//go:build unix

package tray

// holding lets a terminal stay open until its user has read what the command said.
// The command itself is passed on word by word; no shell reads it.
func holding(h hold, command []string) []string {
	script := `"$@" && exit; `
	if h == onKey {
		script = `"$@"; `
	}
	script += `printf '\n%s ' 'Enter closes this window.'; read -r _ || :`
	return append([]string{"/bin/sh", "-c", script, "sh"}, command...)
}
