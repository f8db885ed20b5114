package sshconfig

import (
	"slices"

	"baissh/proxy/atomicfile"
	"baissh/proxy/state"
)

// done is a Write that had nothing to change, and how it found its files. While they and the
// entries are the same, another has nothing to do: to render and compare a thousand
// entries each time that anything happens would be most of the engine's work.
type done struct {
	mode     Mode
	programs []string // every ssh
	entries  []state.Entry
	seal     atomicfile.Seal
	said     state.Writer
}

func (d *done) still(mode Mode, programs []string, entries []state.Entry) bool {
	return d.mode == mode && slices.Equal(d.programs, programs) && slices.Equal(d.entries, entries) && d.seal.Unbroken()
}
