// Package install puts the engine among the operating system's services, so that
// it runs from sign-in on and comes back after a crash: a systemd user unit on
// Linux, a LaunchAgent on macOS, a supervisor under the service control manager
// on Windows. It never asks whether it is itself a service: what runs as one is
// started with arguments that say so.
package install

import (
	"errors"
	"io/fs"
	"os"
	"time"

	"baissh/proxy/folders"
)

// Name is what the service is called: the systemd unit without its suffix, and
// the key of the Windows service.
const Name = "baissh"

// A Service is the engine of one user, as the operating system keeps it. Each
// system has these methods:
//
//	Install(ctx) (changed bool, err error)    have it start at sign-in; starts nothing now
//	Uninstall(ctx) (changed bool, err error)  end it, and take out what Install made
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
	Since     time.Time `json:"since,omitzero"`    // that State holds
	Exit      int       `json:"exit,omitempty"`    // what the engine ended with last
	File      string    `json:"file,omitempty"`    // what describes the service to the system
	Lingers   *bool     `json:"lingers,omitempty"` // it outlives the last sign-out; nil where there is no such thing
}

// What a caller decides on.
var (
	ErrNotInstalled = errors.New("the service is not installed")
	ErrNotSignedIn  = errors.New("nobody has signed in to a manager yet")
	ErrOtherEngine  = errors.New("another engine runs for this home")
	ErrNoLog        = errors.New("the service has logged nothing that you may read")

	// ErrNeedsAdministrator is for Windows, whose service is the machine's.
	ErrNeedsAdministrator = errors.New("only an administrator may change the machine's services")
)

// An ExposedError says that users could change a program that would run as SYSTEM.
type ExposedError struct{ Program, Folder string }

func (e *ExposedError) Error() string {
	return e.Program + " is not below " + e.Folder + ", where only administrators may write"
}

// A NoManagerError says that there is nothing here that could keep a service.
type NoManagerError struct {
	Why  string
	Anew bool // signing in to the machine anew may help
}

func (e *NoManagerError) Error() string { return "no service can be kept here: " + e.Why }

// A ForeignError says that a file of the service's name was written or edited by
// somebody else.
type ForeignError struct{ File string }

func (e *ForeignError) Error() string { return e.File + " is not as baissh wrote it" }

// A HomeError says that a service would not run for this home.
type HomeError struct{ Home, Why string }

func (e *HomeError) Error() string { return "a service would not run for " + e.Home + ": " + e.Why }

// A StartError says that the engine did not come up, or did not stay.
type StartError struct{ State string }

func (e *StartError) Error() string { return "the service does not start: " + e.State }

// checkHome refuses a home that the service would not find: it has no environment
// of a terminal's, and no --home.
func (s *Service) checkHome() error {
	switch {
	case s.Home.Given:
		return &HomeError{s.Home.Dir, "it is not the home of your account"}
	case !s.Home.Tilde:
		return &HomeError{s.Home.Dir, "your account has another home than the environment says"}
	}
	return nil
}

// checkSignedIn keeps an engine from being started that would end at once.
func (s *Service) checkSignedIn() error {
	if _, err := os.Stat(s.Home.SettingsFile()); errors.Is(err, fs.ErrNotExist) {
		return ErrNotSignedIn
	}
	return nil
}

// afterStart words what the engine ended with instead of running.
func afterStart(st Status) error {
	switch {
	case st.Running:
		return nil
	case st.Exit == 3:
		return ErrNotSignedIn
	case st.Exit == 4:
		return ErrOtherEngine
	}
	return &StartError{State: st.State}
}
