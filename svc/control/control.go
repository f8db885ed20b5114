// Package control is how faces speak with the engine: HTTP and JSON over a unix
// socket in a folder that only its owner may enter, on Windows over a named pipe
// that only its owner may open. It never listens on TCP, which a web page could
// reach.
//
// Requests of version 1:
//
//	GET  /v1/status?wait=INDEX   the Snapshot, as soon as its index is above INDEX
//	POST /v1/enable              {"host": WORD, "on": BOOL}: the host as it then is
//	POST /v1/policy              {"policy": "auto" or "manual"}: which sessions are enabled unasked
//	POST /v1/reload              read the settings again, retry what waits
//
// The number in the path is the version that the face speaks. An engine that is
// asked in another one, or for something it does not know, says so in a sentence.
//
// An error is {"error": {"code", "fact", "hint"}} with a status above 399.
package control

import (
	"context"
	"fmt"

	"baissh/proxy/state"
)

// apiVersion is the number in the paths.
const apiVersion = 1

// An Engine is what is controlled.
type Engine interface {
	Status(ctx context.Context, index uint64) *state.Snapshot
	Enable(ctx context.Context, word string, on bool) (state.Host, error)
	SetPolicy(ctx context.Context, p state.Policy) error
	Reload(ctx context.Context) error
}

type enableRequest struct {
	Host string `json:"host"`
	On   bool   `json:"on"`
}

func (enableRequest) check() error { return nil }

type policyRequest struct {
	Policy state.Policy `json:"policy"`
}

func (r policyRequest) check() error {
	if r.Policy != state.Auto && r.Policy != state.Manual {
		return fmt.Errorf("policy: want %q or %q, not %q", state.Auto, state.Manual, r.Policy)
	}
	return nil
}

type errorReply struct {
	Error struct {
		Code state.Code `json:"code"`
		Fact string     `json:"fact"`
		Hint string     `json:"hint,omitempty"`
	} `json:"error"`
}
