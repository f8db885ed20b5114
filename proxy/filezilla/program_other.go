//go:build !windows && !darwin

package filezilla

import (
	"context"
	"os/exec"
)

func findProgram(string) string {
	path, _ := exec.LookPath("filezilla")
	return path
}

// installedVersion asks the package manager: FileZilla itself does not say it
// without a display.
func installedVersion(ctx context.Context, _ string) string {
	for _, ask := range [][]string{
		{"dpkg-query", "-W", "-f=${Version}", "filezilla"},
		{"rpm", "-q", "--qf", "%{VERSION}", "filezilla"},
		{"pacman", "-Q", "filezilla"},
	} {
		out, err := exec.CommandContext(ctx, ask[0], ask[1:]...).Output()
		if err == nil {
			return string(out)
		}
	}
	return ""
}
