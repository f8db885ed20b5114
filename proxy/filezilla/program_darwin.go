package filezilla

import (
	"context"
	"os/exec"
	"path/filepath"
)

const inBundle = "FileZilla.app/Contents/MacOS/filezilla"

func findProgram(home string) string {
	for _, dir := range []string{"/Applications", filepath.Join(home, "Applications")} {
		if path := filepath.Join(dir, inBundle); exists(path) {
			return path
		}
	}
	path, _ := exec.LookPath("filezilla")
	return path
}

func installedVersion(ctx context.Context, program string) string {
	plist := filepath.Join(filepath.Dir(program), "..", "Info.plist")
	out, _ := exec.CommandContext(ctx, "defaults", "read", plist, "CFBundleShortVersionString").Output()
	return string(out)
}
