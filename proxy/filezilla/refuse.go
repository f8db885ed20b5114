package filezilla

import (
	"baissh/proxy/state"
)

// The codes of what keeps us away from FileZilla's files.
const (
	ManagerOpen  state.Code = "filezilla-manager-open"
	Busy         state.Code = "filezilla-busy"
	HalfWritten  state.Code = "filezilla-half-written"
	NotUTF8      state.Code = "filezilla-not-utf8"
	NotXML       state.Code = "filezilla-not-xml"
	NotFileZilla state.Code = "filezilla-not-its-file"
	SiteExists   state.Code = "filezilla-site-exists"
	CannotWrite  state.Code = "filezilla-cannot-write"
)

func managerOpen() error {
	return &state.Problem{
		Code: ManagerOpen,
		Fact: "FileZilla's Site Manager is open; the sites are written when it is closed",
		Hint: "close the Site Manager",
	}
}

func busy() error {
	return &state.Problem{
		Code: Busy, Fact: "FileZilla is busy with its own files",
		Hint: "baissh tries again by itself",
	}
}

func halfWritten(file string) error {
	return &state.Problem{
		Code: HalfWritten,
		Fact: "FileZilla was stopped while it wrote its " + file,
		Hint: "start FileZilla once and open its Site Manager, which puts the file in order",
	}
}

func notUTF8(file string) error {
	return untouched(NotUTF8, file, "is not UTF-8")
}

func notXML(file string, err error) error {
	return untouched(NotXML, file, "is not well-formed XML ("+state.Printable(err.Error())+")").Because(err)
}

func notFileZilla(file string) error {
	return untouched(NotFileZilla, file, "was not written for FileZilla 3")
}

func untouched(code state.Code, file, what string) *state.Problem {
	return &state.Problem{
		Code: code, Fact: "FileZilla's " + file + " " + what + ", so it was left as it is",
		Hint: "repair it, or move it away and FileZilla begins a new one",
	}
}
