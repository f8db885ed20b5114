//go:build unix

package folders

import (
	"os"
	"os/exec"
	"os/user"
	"strconv"
	"strings"
)

// accountHome is what OpenSSH expands "~" to: the account's entry, not $HOME.
func accountHome() string {
	uid := strconv.Itoa(os.Getuid())
	// Accounts of a directory service are not in /etc/passwd, and without cgo
	// os/user reads nothing else and then believes $HOME.
	out, err := exec.Command("getent", "passwd", uid).Output()
	if fields := strings.Split(strings.TrimSpace(string(out)), ":"); err == nil && len(fields) >= 6 {
		return fields[5]
	}
	if u, err := user.LookupId(uid); err == nil {
		return u.HomeDir
	}
	return ""
}
