// Package folders says where everything of ours lies. It is a leaf, so that a
// face finds the engine's socket without linking the engine.
package folders

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
)

// A Home says where things are. Nothing below svc.Run looks that up by itself.
type Home struct {
	Dir     string // the user's home, or what stands in for it
	Config  string // folder of settings.toml
	State   string // folder of state.json and the lock
	Runtime string // folder of the control socket; on Windows it only gives the pipe its name
	Tilde   bool   // whether OpenSSH means Dir when it reads "~"
	Given   bool   // Dir was named by hand: it is no account's home
}

// At returns the home whose files all lie below dir, as if dir were a
// user's home. With an empty dir it is that of the user who runs the program.
func At(dir string) (Home, error) {
	if dir != "" {
		return givenHome(dir)
	}
	dir, err := os.UserHomeDir()
	if err != nil {
		return Home{}, fmt.Errorf("find the home folder: %w", err)
	}
	h := Home{Dir: dir, Config: userConfigDir(dir), State: userStateDir(dir), Tilde: sameFile(dir, accountHome())}
	h.Runtime = shortEnough(userRuntimeDir(h.State))
	return h, nil
}

func givenHome(dir string) (Home, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return Home{}, fmt.Errorf("find the home folder: %w", err)
	}
	h := Home{Dir: dir, Config: filepath.Join(dir, ".config", "baissh"), State: filepath.Join(dir, ".local", "state", "baissh"), Given: true}
	h.Tilde = sameFile(dir, accountHome())
	h.Runtime = shortEnough(filepath.Join(h.State, "run"))
	return h, nil
}

// SSH is the folder of OpenSSH's own files.
func (h Home) SSH() string { return filepath.Join(h.Dir, ".ssh") }

// SettingsFile is the user's settings.
func (h Home) SettingsFile() string { return filepath.Join(h.Config, "settings.toml") }

// StateFile is what the engine remembers.
func (h Home) StateFile() string { return filepath.Join(h.State, "state.json") }

// FileZillaFile is what the writer of FileZilla's files remembers.
func (h Home) FileZillaFile() string { return filepath.Join(h.State, "filezilla.json") }

// LogFile is what an engine without a console writes to.
func (h Home) LogFile() string { return filepath.Join(h.State, "engine.log") }

// CrashFile is where it says how it came to a sudden end.
func (h Home) CrashFile() string { return filepath.Join(h.State, "engine-crash.log") }

// LockFile keeps a second engine out.
func (h Home) LockFile() string { return filepath.Join(h.State, "engine.lock") }

// Flag is how to name this home on a command line: "" or " --home DIR".
func (h Home) Flag() string {
	if !h.Given {
		return ""
	}
	return " --home " + h.Dir
}

func sameFile(a, b string) bool {
	x, errX := os.Stat(a)
	y, errY := os.Stat(b)
	if errX != nil || errY != nil {
		return filepath.Clean(a) == filepath.Clean(b)
	}
	return os.SameFile(x, y)
}

func userConfigDir(home string) string {
	switch runtime.GOOS {
	case "windows":
		return filepath.Join(envOr("AppData", filepath.Join(home, "AppData", "Roaming")), "baissh")
	case "darwin":
		return filepath.Join(home, "Library", "Application Support", "baissh")
	}
	return filepath.Join(envOr("XDG_CONFIG_HOME", filepath.Join(home, ".config")), "baissh")
}

func userStateDir(home string) string {
	switch runtime.GOOS {
	case "windows":
		return filepath.Join(envOr("LocalAppData", filepath.Join(home, "AppData", "Local")), "baissh")
	case "darwin":
		return filepath.Join(home, "Library", "Application Support", "baissh", "state")
	}
	return filepath.Join(envOr("XDG_STATE_HOME", filepath.Join(home, ".local", "state")), "baissh")
}

func userRuntimeDir(state string) string {
	if dir := RuntimeDir(); dir != "" {
		return filepath.Join(dir, "baissh")
	}
	return filepath.Join(state, "run")
}

func envOr(name, otherwise string) string {
	if v := os.Getenv(name); filepath.IsAbs(v) {
		return v
	}
	return otherwise
}
