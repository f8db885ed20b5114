//go:build !windows

package sshconfig

import (
	"os"
	"os/exec"
)

const programName = "ssh"

func programFolders() []string {
	return []string{"/usr/bin", "/usr/local/bin", "/opt/homebrew/bin"}
}

func runnable(info os.FileInfo) bool {
	return info.Mode().IsRegular() && info.Mode().Perm()&0o111 != 0
}

func hideWindow(*exec.Cmd) {}
