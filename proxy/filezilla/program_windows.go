package filezilla

import (
	"context"
	"os/exec"

	"golang.org/x/sys/windows/registry"
)

const appPaths = `Software\Microsoft\Windows\CurrentVersion\App Paths\filezilla.exe`

func findProgram(string) string {
	if path := fromRegistry(appPaths, ""); path != "" {
		return path
	}
	path, _ := exec.LookPath("filezilla")
	return path
}

func installedVersion(context.Context, string) string {
	return fromRegistry(`Software\FileZilla Client`, "Version")
}

// fromRegistry looks where the installer writes, for the user or for all; it is
// a 32-bit program on some machines.
func fromRegistry(path, name string) string {
	for _, root := range []registry.Key{registry.CURRENT_USER, registry.LOCAL_MACHINE} {
		for _, view := range []uint32{registry.WOW64_64KEY, registry.WOW64_32KEY} {
			key, err := registry.OpenKey(root, path, registry.QUERY_VALUE|view)
			if err != nil {
				continue
			}
			value, _, err := key.GetStringValue(name)
			key.Close()
			if err == nil {
				return value
			}
		}
	}
	return ""
}
