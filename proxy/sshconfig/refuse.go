package sshconfig

import (
	"fmt"
	"strings"

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

// An EntryError says why one host was left out.
type EntryError struct {
	Alias string
	Fact  string
}

func (e *EntryError) Error() string {
	return fmt.Sprintf("leave out %q: %s", state.Printable(e.Alias), e.Fact)
}

// Refusals are the hosts that were left out of a text that is otherwise good.
type Refusals []*EntryError

func (r Refusals) Error() string {
	var words []string
	for _, e := range r {
		words = append(words, e.Error())
	}
	return strings.Join(words, "; ")
}

// Unwrap gives errors.As each one.
func (r Refusals) Unwrap() []error {
	var errs []error
	for _, e := range r {
		errs = append(errs, e)
	}
	return errs
}

// orNil keeps an empty list from becoming an error that is not nil.
func (r Refusals) orNil() error {
	if len(r) == 0 {
		return nil
	}
	return r
}
