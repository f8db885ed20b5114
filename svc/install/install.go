// Package install puts the engine among the operating system's services, so that
// it runs from sign-in on and comes back after a crash: a systemd user unit on
// Linux, a LaunchAgent on macOS, a supervisor under the service control manager
// on Windows. It never asks whether it is itself a service: what runs as one is
// started with arguments that say so.
package install

import (
	"errors"
	"time"

	"baissh/proxy/folders"
)

// Name is what the service is called: the systemd unit without its suffix, and
// the key of the Windows service.
const Name = "baissh"

// A Service is the engine of one user, as the operating system keeps it. Each
// system has these methods:
//
//	Install(ctx) (changed bool, err error)    at sign-in, from now on; starts nothing
//	Uninstall(ctx) (changed bool, err error)  stops it and takes out what Install made
//	Start(ctx), Stop(ctx), Restart(ctx) error
//	Status(ctx) (Status, error)
//	Logs(ctx, out, lines, follow) error
//	SignedIn(ctx) (started bool, err error)   somebody has just signed in to a manager
type Service struct {
	Home    folders.Home
	Program string // what to run, as [Program] returns it
}

// A Status is what the operating system knows of the service.
type Status struct {
	Installed bool      `json:"installed"`
	Enabled   bool      `json:"enabled"` // it starts when the user signs in to the machine
	Running   bool      `json:"running"`
	State     string    `json:"state"` // in the system's own words
	PID       int       `json:"pid,omitempty"`
	Since     time.Time `json:"since,omitzero"`    // running, or what State says
	Exit      int       `json:"exit,omitempty"`    // what the engine ended with last
	File      string    `json:"file,omitempty"`    // what describes the service to the system
	Lingers   *bool     `json:"lingers,omitempty"` // it outlives the last sign-out; nil where there is no such thing
}

// What a caller decides on.
var (
	ErrNotInstalled = errors.New("the service is not installed")
	ErrNotSignedIn  = errors.New("the service waits until somebody has signed in")
	ErrOtherEngine  = errors.New("another engine runs for this home")
)

// A NoManagerError says that there is nothing here that could keep a service.
type NoManagerError struct{ Why string }

func (e *NoManagerError) Error() string { return "no service manager: " + e.Why }

// A ForeignError says that a file of the service's name is not ours, or was edited.
type ForeignError struct{ File string }

func (e *ForeignError) Error() string { return e.File + " is not what baissh wrote" }
