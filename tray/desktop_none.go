//go:build darwin && !cgo

package tray

import (
	"context"

	"baissh/proxy/state"
)

// Run says that this build shows nothing: on macOS an icon needs cgo.
func (t *Tray) Run(context.Context) error {
	return &state.Problem{
		Code: state.Unreachable, Fact: "this build has no tray icon, since it was made without cgo",
		Hint: "build it on a Mac: go build ./cmd/baissh-tray; all else is in baissh itself: baissh status",
	}
}
