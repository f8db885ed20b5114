// Package windows makes the MSI that wix.json describes, with the programs that
// msitools has for it on Linux: wixl for the database, msibuild for the tables
// that wixl does not know. wix.json is also what go-msi reads, on Windows; what
// go-msi has no key for (a service, a program at sign-in) has keys of our own,
// which it passes over, as we do its hooks.
package windows

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path"
	"slices"
	"time"

	"github.com/google/uuid"
)

// A Manifest is wix.json.
type Manifest struct {
	Product     string          `json:"product"`
	Company     string          `json:"company"`
	Version     string          `json:"version"` // for go-msi; ours comes from git
	License     string          `json:"license"`
	UpgradeCode uuid.UUID       `json:"upgrade-code"` // what all versions have in common
	Files       Files           `json:"files"`
	Env         Env             `json:"env"`
	Shortcuts   Shortcuts       `json:"shortcuts"`
	Hooks       []Hook          `json:"hooks"`
	Choco       json.RawMessage `json:"choco"`
	Service     Service         `json:"service"`
	SignIn      SignIn          `json:"sign-in"`
}

// Files are what is installed. Their folders are where go-msi finds them; a
// build from Linux has them all in one folder.
type Files struct {
	GUID  uuid.UUID `json:"guid"`
	Items []string  `json:"items"`
}

// Env is what is added to the system's environment.
type Env struct {
	GUID uuid.UUID `json:"guid"`
	Vars []Var     `json:"vars"`
}

// A Var is one variable of the environment.
type Var struct {
	Name      string `json:"name"`
	Value     string `json:"value"`
	Permanent string `json:"permanent"`
	System    string `json:"system"`
	Action    string `json:"action"`
	Part      string `json:"part"`
}

// Shortcuts are the entries of the Start menu.
type Shortcuts struct {
	GUID  uuid.UUID  `json:"guid"`
	Items []Shortcut `json:"items"`
}

// A Shortcut is one entry of the Start menu.
type Shortcut struct {
	Name             string `json:"name"`
	Description      string `json:"description"`
	Target           string `json:"target"`
	WorkingDirectory string `json:"wdir"`
	Arguments        string `json:"arguments"`
	Icon             string `json:"icon"`
}

// A Hook is a command that go-msi's installer runs.
type Hook struct {
	When    string `json:"when"`
	Command string `json:"command"`
}

// Service is what the service control manager keeps running.
type Service struct {
	Name                   string  `json:"name"`
	DisplayName            string  `json:"display-name"`
	Description            string  `json:"description"`
	Program                string  `json:"program"`
	Arguments              string  `json:"arguments"`
	RestartAfter           []pause `json:"restart-after"` // the last one for all further failures
	RestartsForgottenAfter pause   `json:"restarts-forgotten-after"`
}

// SignIn is what runs when somebody signs in to Windows.
type SignIn struct {
	GUID    uuid.UUID `json:"guid"`
	Name    string    `json:"name"`
	Program string    `json:"program"`
}

// A pause is a duration such as "10s".
type pause time.Duration

func (p *pause) UnmarshalText(text []byte) error {
	d, err := time.ParseDuration(string(text))
	*p = pause(d)
	return err
}

// Read reads wix.json. A key that neither we nor go-msi know is a mistake.
func Read(name string) (Manifest, error) {
	var m Manifest
	text, err := os.ReadFile(name)
	if err != nil {
		return m, err
	}
	in := json.NewDecoder(bytes.NewReader(text))
	in.DisallowUnknownFields()
	if err := in.Decode(&m); err != nil {
		return m, fmt.Errorf("read %s: %w", name, err)
	}
	if err := m.check(); err != nil {
		return m, fmt.Errorf("read %s: %w", name, err)
	}
	return m, nil
}

// check finds what wixl would take and Windows would not.
func (m Manifest) check() error {
	for _, id := range []uuid.UUID{m.UpgradeCode, m.Files.GUID, m.Env.GUID, m.Shortcuts.GUID, m.SignIn.GUID} {
		if id == uuid.Nil {
			return errors.New("a guid is missing")
		}
	}
	for _, program := range []string{m.Service.Program, m.SignIn.Program} {
		if !slices.Contains(m.fileNames(), program) {
			return fmt.Errorf("%q is not among the files", program)
		}
	}
	for _, v := range m.Env.Vars {
		if v.Action != "set" || v.Permanent != "no" || v.System != "yes" {
			return fmt.Errorf("the variable %s: only variables of the system that are set, and not for ever, are made here", v.Name)
		}
	}
	if len(m.Shortcuts.Items) == 0 || m.Shortcuts.Items[0].Icon == "" {
		return errors.New("the first shortcut has no icon for the list of programs")
	}
	return nil
}

// fileNames are the files as they are called where they are installed.
func (m Manifest) fileNames() []string {
	var names []string
	for _, item := range m.Files.Items {
		names = append(names, path.Base(item))
	}
	return names
}
