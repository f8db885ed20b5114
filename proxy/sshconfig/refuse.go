package sshconfig

import (
	"fmt"

	"baissh/proxy/state"
)

// The codes of what keeps us away from the user's file.
const (
	HasBOM         state.Code = "config-has-bom"
	IsUTF16        state.Code = "config-is-utf16"
	HasNUL         state.Code = "config-has-nul"
	MarkersDamaged state.Code = "config-markers-damaged"
	LineRemoved    state.Code = "config-line-removed"
	LineMissing    state.Code = "config-line-missing"
	FolderUnusable state.Code = "config-folder-unusable"
	SSHRefuses     state.Code = "ssh-refuses"
	SSHMissing     state.Code = "ssh-missing"
	ConfigChanging state.Code = "config-changing"
	CannotWrite    state.Code = "config-cannot-write"
)

func badFolder(d Dir) error {
	return &state.Problem{
		Code: FolderUnusable,
		Fact: fmt.Sprintf("ssh cannot include files from a folder named %s", state.Printable(d.Path)),
		Hint: "use ssh -F with the file bai/config in it",
	}
}

func unreadable(code state.Code, what, line string) error {
	return &state.Problem{
		Code: code, Fact: "ssh's config file " + what + ", so it was left as it is",
		Hint: fmt.Sprintf("save it as plain UTF-8, then add as its first line: %s", line),
	}
}

func damaged(hint string) error {
	return &state.Problem{
		Code: MarkersDamaged,
		Fact: "the lines of baissh in ssh's config file were edited, so it was left as it is", Hint: hint,
	}
}
