package sshconfig

import (
	"os"
	"path/filepath"
	"slices"
)

// sshPrograms lists every ssh that may read our files: each on PATH and where
// the system keeps its own, since a service's PATH is shorter than a user's.
func sshPrograms() []string {
	var found []string
	var seen []os.FileInfo
	for _, dir := range append(filepath.SplitList(os.Getenv("PATH")), programFolders()...) {
		path := filepath.Join(dir, programName)
		info, err := os.Stat(path)
		if err != nil || !filepath.IsAbs(dir) || !runnable(info) {
			continue
		}
		if slices.ContainsFunc(seen, func(s os.FileInfo) bool { return os.SameFile(s, info) }) {
			continue
		}
		seen = append(seen, info)
		found = append(found, path)
	}
	return found
}
