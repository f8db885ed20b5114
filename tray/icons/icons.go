// Package icons has the tray's pictures, one for each state, in the form that
// the system wants: PNG, or ICO on Windows.
//
//	go test ./tray/icons/draw -update   draws them anew
package icons

import "embed"

// A State is what the icon says at a glance.
type State string

// The states of the icon.
const (
	Ready     State = "ready"     // ssh works for every session that is wanted
	Idle      State = "idle"      // there is nothing to do
	Attention State = "attention" // somebody has to sign in, or something failed
	Away      State = "away"      // baissh is not running
)

// Picture is the icon of a state.
func Picture(s State) []byte { return must(files, string(s)+extension) }

// Template is the icon of a state in black, for macOS to colour; nil elsewhere.
func Template(s State) []byte {
	if templates == "" {
		return nil
	}
	return must(files, string(s)+templates)
}

func must(f embed.FS, name string) []byte {
	content, err := f.ReadFile(name)
	if err != nil {
		panic(err) // the name is one of ours, and the file is linked in
	}
	return content
}
