// Package tray is baissh's icon: what it shows, and what its clicks do. It holds
// no truth of its own: what it shows is the engine's Snapshot, and what is
// clicked is asked of the engine. Closing it changes nothing.
package tray

import "log/slog"

// A Tray is one icon for one home.
type Tray struct {
	Socket    string // where the engine is spoken with
	Settings  string // the file that is there once somebody has signed in
	EngineLog string // where an engine that is started from here complains
	Lock      string // what keeps a second tray out is named like this

	Baissh  []string                                // the command line of baissh, up to the verb
	Service bool                                    // this home can have a service
	SSH     func(alias string, plain bool) []string // the ssh command; plain if ssh finds our hosts by itself
	Env     []string                                // environment of what is opened; nil for the tray's own

	Stuck func() // called when the desktop has not taken the icon in time; ends the process
	Log   *slog.Logger
}
