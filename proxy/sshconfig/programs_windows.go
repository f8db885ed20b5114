package sshconfig

import (
	"os"
	"os/exec"
	"path/filepath"
	"syscall"

	"golang.org/x/sys/windows"
)

const programName = "ssh.exe"

// programFolders are Windows' own OpenSSH and Git's, which VS Code and git
// run even when neither is on PATH.
func programFolders() []string {
	var dirs []string
	for _, place := range [][2]string{
		{"SystemRoot", `System32\OpenSSH`},
		{"ProgramFiles", `OpenSSH`},
		{"ProgramFiles", `Git\usr\bin`},
		{"ProgramFiles(x86)", `Git\usr\bin`},
		{"LOCALAPPDATA", `Programs\Git\usr\bin`},
	} {
		if root := os.Getenv(place[0]); root != "" {
			dirs = append(dirs, filepath.Join(root, place[1]))
		}
	}
	return dirs
}

func runnable(info os.FileInfo) bool { return info.Mode().IsRegular() }

// hideWindow keeps a console from flashing up under a program without one.
func hideWindow(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{HideWindow: true, CreationFlags: windows.CREATE_NO_WINDOW}
}
