package sshconfig

import (
	"fmt"
	"path/filepath"
	"strings"
)

// A Dir is where OpenSSH's files are.
type Dir struct {
	// Path is the .ssh folder, absolute.
	Path string

	// Tilde says that ssh means this folder when it reads ~/.ssh, which it
	// takes from the passwd entry, not from $HOME. Paths are absolute otherwise.
	Tilde bool
}

// Config is the user's own file.
func (d Dir) Config() string { return filepath.Join(d.Path, "config") }

// Backup is where the user's file is kept as it was before our first change.
func (d Dir) Backup() string { return filepath.Join(d.Path, "config.before-baissh") }

// Bai is the folder that is ours alone.
func (d Dir) Bai() string { return filepath.Join(d.Path, "bai") }

// BaiConfig is the file that the user's own includes.
func (d Dir) BaiConfig() string { return filepath.Join(d.Bai(), "config") }

// KnownHosts holds the pinned host keys.
func (d Dir) KnownHosts() string { return filepath.Join(d.Bai(), "known_hosts") }

// Keys is the folder of private keys.
func (d Dir) Keys() string { return filepath.Join(d.Bai(), "keys") }

// KeyFile is where the private key of one alias is. It is asked for often, and an alias
// is one plain name.
func (d Dir) KeyFile(alias string) string {
	return d.Path + separator + "bai" + separator + "keys" + separator + alias
}

const separator = string(filepath.Separator)

// added is there once our line has been seen in the user's file.
func (d Dir) added() string { return filepath.Join(d.Bai(), "include-added") }

// candidate is where a text waits for ssh's word. It is never included.
func (d Dir) candidate() string { return filepath.Join(d.Bai(), ".candidate") }

// IncludeLine is the line that a user may paste by hand as the first of Config.
// It fails for a folder whose name no Include can spell for every ssh.
func (d Dir) IncludeLine() (string, error) {
	if d.Tilde {
		// Relative to ~/.ssh: no home with brackets in its name can become a
		// pattern, and VS Code reads it on every system.
		return "Include bai/config", nil
	}
	path := slashed(d.BaiConfig())
	// Some releases expand % and ${} in an Include and some do not; the rest
	// are patterns, which old releases cannot escape inside quotes.
	if !filepath.IsAbs(d.Path) || hasControl(path) || strings.ContainsAny(path, `%$*?[]{}\"`) {
		return "", badFolder(d)
	}
	return fmt.Sprintf(`Include "%s"`, path), nil
}

// spell writes a path for ssh, from ~ where that is the same.
func (d Dir) spell(path string) string {
	rest, inside := strings.CutPrefix(slashed(filepath.Clean(path)), slashed(filepath.Clean(d.Path))+"/")
	if d.Tilde && inside {
		return "~/.ssh/" + rest
	}
	return slashed(path)
}

// slashed is for Windows, where OpenSSH takes a backslash for an escape.
func slashed(path string) string { return filepath.ToSlash(path) }
