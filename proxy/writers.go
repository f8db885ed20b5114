package proxy

import (
	"context"
	"runtime"

	"baissh/proxy/filezilla"
	"baissh/proxy/folders"
	"baissh/proxy/settings"
	"baissh/proxy/state"
)

// A writer keeps one program's files. Adding a program means a room of its own and
// a line in newWriters.
type writer interface {
	// Write makes the files hold these entries and no others of ours, and says what
	// became of it. Files that are so already are not touched. It does not take
	// longer than a second or so, whoever else uses the files.
	Write(ctx context.Context, entries []state.Entry) state.Writer
	// Watch calls changed when it may be worth to write again, until ctx ends.
	Watch(ctx context.Context, changed func()) error
}

// newWriters are those beside ssh's, which comes first: held clients wait for it.
func newWriters(home folders.Home) (*filezilla.Writer, []writer) {
	f := FileZilla(home)
	return f, []writer{f}
}

// FileZilla is the writer of FileZilla's files in a home. In one that is no
// account's, the user's own environment does not say where they are.
func FileZilla(home folders.Home) *filezilla.Writer {
	w := &filezilla.Writer{Home: home.Dir, Memory: home.FileZillaFile()}
	if home.Given {
		w.Getenv = func(string) string { return "" }
	}
	return w
}

// switchFileZilla takes over whether the user wants sites. FileZilla keeps host
// keys in the account's registry on Windows, which no folder stands in for.
func (e *Engine) switchFileZilla(mode settings.SitesMode) {
	e.filezilla.Off = mode == settings.SitesOff || e.Home.Given && runtime.GOOS == "windows"
}
