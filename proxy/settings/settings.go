// Package settings is what the user decided: one TOML file, read strictly and
// watched, and the secrets that it does not hold.
package settings

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/pelletier/go-toml/v2"

	"baissh/proxy/folders"
	"baissh/proxy/state"
)

// Settings is the content of settings.toml, with defaults filled in.
type Settings struct {
	PreferredPort int                `toml:"preferred_port"`
	PortRange     [2]int             `toml:"port_range"`
	Policy        state.Policy       `toml:"policy"`
	AutoLimit     int                `toml:"auto_limit"`
	OtherUsers    OtherUsers         `toml:"other_users"`
	Pace          Pace               `toml:"pace_downloads"`
	SSH           SSH                `toml:"ssh"`
	FileZilla     FileZilla          `toml:"filezilla"`
	Profiles      map[string]Profile `toml:"profiles"`
}

// OtherUsers says what becomes of other users of this machine who connect to our ports.
type OtherUsers string

// What becomes of them. Where the system does not tell who connects, all are let in.
const (
	OthersRefuse OtherUsers = "refuse"
	OthersAllow  OtherUsers = "allow"
)

// Pace says whether downloads are held back for clients that would lose what they cannot
// hold, where the system shows how much that is.
type Pace string

// Whether they are.
const (
	PaceOn  Pace = "on"
	PaceOff Pace = "off"
)

// SSH says what may be done to OpenSSH's files.
type SSH struct {
	Write WriteMode `toml:"write"`
}

// A WriteMode says how far we may go with another program's files.
type WriteMode string

// The modes.
const (
	WriteInclude WriteMode = "include" // keep our own files and one Include line in the user's
	WritePrint   WriteMode = "print"   // keep our own files; the user adds the line
	WriteOff     WriteMode = "off"     // keep nothing
)

// FileZilla says what may be done to FileZilla's files.
type FileZilla struct {
	Write SitesMode `toml:"write"`
}

// A SitesMode says whether another program has our hosts among its sites.
type SitesMode string

// The modes of programs that keep sites.
const (
	SitesOn  SitesMode = "on"
	SitesOff SitesMode = "off"
)

var writeModes = []WriteMode{WriteInclude, WritePrint, WriteOff}

// An EndpointType is what answers at an endpoint, in the words of Backend.AI's own
// tools.
type EndpointType string

// The types.
const (
	API         EndpointType = "api"     // a manager, which wants a key pair
	WebEndpoint EndpointType = "session" // a web server, which wants a login
)

// A Profile is one login to one endpoint. Its secret key, or the id of the login,
// is in a [Secrets].
type Profile struct {
	Endpoint     string       `toml:"endpoint"`
	EndpointType EndpointType `toml:"endpoint_type"`
	AccessKey    string       `toml:"access_key"`
	User         string       `toml:"user"` // who signed in to a web server, to be asked for the password only
	Secret       SecretKind   `toml:"secret"`
	AliasPrefix  string       `toml:"alias_prefix"` // decided at the first sign-in, so that aliases stay
	CAFile       string       `toml:"ca_file"`
	ServerKey    string       `toml:"server_key"`
	Account      string       `toml:"account"`
	// IdentityFile is used where the session has no key file of its own.
	IdentityFile string             `toml:"identity_file"`
	Sessions     map[string]Session `toml:"sessions"`
	// Wrong is why the profile cannot be used as it stands, or nil.
	Wrong error `toml:"-"`
}

// A Session overrides its profile for the sessions of one name. Zero means no override.
type Session struct {
	Account      string `toml:"account"`
	IdentityFile string `toml:"identity_file"`
	Port         int    `toml:"port"`
}

// Defaults, as README and man page tell them.
const (
	DefaultPort      = 10022
	DefaultHighPort  = 32767 // below the ephemeral ports of Linux, macOS and Windows
	DefaultAccount   = "work"
	DefaultAutoLimit = 100
)

func defaults() Settings {
	return Settings{
		PreferredPort: DefaultPort, PortRange: [2]int{DefaultPort, DefaultHighPort},
		Policy: state.Auto, AutoLimit: DefaultAutoLimit, OtherUsers: OthersRefuse, Pace: PaceOff, SSH: SSH{Write: WritePrint}, FileZilla: FileZilla{Write: SitesOn},
	}
}

// ErrNone says that there is no settings file: nobody has signed in yet.
var ErrNone = errors.New("there are no settings yet")

// Load reads the settings of a home. A file with a mistake in it is refused
// whole, with the place of the mistake, but for a [MistakeError]. Where there is no
// file, or nothing in it, it returns the defaults and ErrNone.
func Load(h folders.Home) (Settings, error) {
	text, err := os.ReadFile(h.SettingsFile())
	if errors.Is(err, fs.ErrNotExist) || err == nil && len(bytes.TrimSpace(text)) == 0 {
		return defaults(), ErrNone
	}
	if err != nil {
		return defaults(), fmt.Errorf("read the settings: %w", err)
	}
	s, err := Parse(text)
	if err != nil {
		err = fmt.Errorf("read %s: %w", h.SettingsFile(), err)
	}
	return s.expand(h), err
}

// Parse reads the text of a settings file. It knows every key or refuses. With a
// [MistakeError] the settings can be used all the same.
func Parse(text []byte) (Settings, error) {
	s := defaults()
	dec := toml.NewDecoder(bytes.NewReader(text))
	dec.DisallowUnknownFields()
	err := dec.Decode(&s)
	wrong, confined := inProfiles(err)
	if err != nil && !confined {
		return defaults(), place(err)
	}
	for name, p := range s.Profiles {
		s.Profiles[name] = p.withDefaults(name)
	}
	if err := s.check(); err != nil {
		return defaults(), err
	}
	return s, s.markWrong(wrong)
}

// goTypes is what the parser says of our own types, which are nobody's business.
var goTypes = regexp.MustCompile(` into (?:struct field \S+ of|a Go value of|a Go) type (\S+)`)

// place words a parser's error with the line and column it is about.
func place(err error) error {
	var unknown *toml.StrictMissingError
	if errors.As(err, &unknown) && len(unknown.Errors) > 0 {
		first := unknown.Errors[0]
		row, column := first.Position()
		return fmt.Errorf("line %d, column %d: unknown setting %q", row, column, strings.Join(first.Key(), "."))
	}
	var bad *toml.DecodeError
	if errors.As(err, &bad) {
		row, column := bad.Position()
		return fmt.Errorf("line %d, column %d: %s", row, column, goTypes.ReplaceAllString(strings.TrimPrefix(bad.Error(), "toml: "), "; want $1"))
	}
	return err
}

func (p Profile) withDefaults(name string) Profile {
	if p.Account == "" {
		p.Account = DefaultAccount
	}
	if p.Secret == "" {
		p.Secret = SecretFile
	}
	if p.EndpointType == "" {
		p.EndpointType = API
	}
	if p.AliasPrefix == "" {
		p.AliasPrefix = "bai-" + name
	}
	return p
}

var (
	profileName = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,30}$`)
	aliasPrefix = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,40}$`)
	accountName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9._-]{0,31}$`)
)

func (s Settings) check() error {
	low, high := s.PortRange[0], s.PortRange[1]
	switch {
	case low < 1024 || high > 65535 || low > high:
		return fmt.Errorf("port_range: want two ports between 1024 and 65535, the lower first, not [%d, %d]", low, high)
	case s.PreferredPort < low || s.PreferredPort > high:
		return fmt.Errorf("preferred_port: %d is not within port_range [%d, %d]", s.PreferredPort, low, high)
	case s.Policy != state.Auto && s.Policy != state.Manual:
		return fmt.Errorf("policy: want %q or %q, not %q", state.Auto, state.Manual, s.Policy)
	case s.AutoLimit < 0:
		return fmt.Errorf("auto_limit: want 0 or more, not %d", s.AutoLimit)
	case !slices.Contains(writeModes, s.SSH.Write):
		return fmt.Errorf("ssh.write: want one of %q, not %q", writeModes, s.SSH.Write)
	case s.OtherUsers != OthersRefuse && s.OtherUsers != OthersAllow:
		return fmt.Errorf("other_users: want %q or %q, not %q", OthersRefuse, OthersAllow, s.OtherUsers)
	case s.Pace != PaceOn && s.Pace != PaceOff:
		return fmt.Errorf("pace_downloads: want %q or %q, not %q", PaceOn, PaceOff, s.Pace)
	case s.FileZilla.Write != SitesOn && s.FileZilla.Write != SitesOff:
		return fmt.Errorf("filezilla.write: want %q or %q, not %q", SitesOn, SitesOff, s.FileZilla.Write)
	}
	for _, name := range s.ProfileNames() {
		if err := CheckProfileName(name); err != nil {
			return fmt.Errorf("profiles.%s: %w", name, err)
		}
	}
	return nil
}

func (p Profile) check() error {
	if _, err := state.ParseEndpoint(p.Endpoint); err != nil {
		return err
	}
	switch {
	case p.AccessKey == "" || strings.ContainsAny(p.AccessKey, " \t\r\n:,"):
		return fmt.Errorf("access_key: %q is none", p.AccessKey)
	case p.EndpointType != API && p.EndpointType != WebEndpoint:
		return fmt.Errorf("endpoint_type: want %q or %q, not %q", API, WebEndpoint, p.EndpointType)
	case p.Secret != SecretKeyring && p.Secret != SecretFile:
		return fmt.Errorf("secret: want %q or %q, not %q", SecretKeyring, SecretFile, p.Secret)
	case !aliasPrefix.MatchString(p.AliasPrefix):
		return fmt.Errorf("alias_prefix: want lower-case letters, digits and dashes, not %q", p.AliasPrefix)
	}
	if err := CheckAccount(p.Account); err != nil {
		return err
	}
	for name, s := range p.Sessions {
		if err := s.check(); err != nil {
			return fmt.Errorf("sessions.%s: %w", name, err)
		}
	}
	return nil
}

func (s Session) check() error {
	if s.Account != "" {
		if err := CheckAccount(s.Account); err != nil {
			return err
		}
	}
	if s.Port != 0 && (s.Port < 1024 || s.Port > 65535) {
		return fmt.Errorf("port: want one between 1024 and 65535, not %d", s.Port)
	}
	return nil
}

// CheckProfileName refuses names that could not be part of an alias.
func CheckProfileName(name string) error {
	if !profileName.MatchString(name) {
		return fmt.Errorf("the profile name %q will not do: want up to 31 lower-case letters, digits and dashes", name)
	}
	return nil
}

// CheckAccount refuses what cannot be the name of an account in a session.
func CheckAccount(name string) error {
	if !accountName.MatchString(name) {
		return fmt.Errorf("account: %q is no account name", name)
	}
	return nil
}

// ProfileNames returns the names of all profiles, sorted.
func (s Settings) ProfileNames() []string { return slices.Sorted(maps.Keys(s.Profiles)) }

// For returns what holds for the sessions of one name: account, identity file and
// the port that the user fixed, or 0.
func (p Profile) For(session string) Session {
	s := p.Sessions[session]
	if s.Account == "" {
		s.Account = p.Account
	}
	if s.IdentityFile == "" {
		s.IdentityFile = p.IdentityFile
	}
	return s
}

// expand makes the paths in the settings absolute.
func (s Settings) expand(h folders.Home) Settings {
	for name, p := range s.Profiles {
		p.CAFile, p.IdentityFile = expand(h, p.CAFile), expand(h, p.IdentityFile)
		for session, o := range p.Sessions {
			o.IdentityFile = expand(h, o.IdentityFile)
			p.Sessions[session] = o
		}
		s.Profiles[name] = p
	}
	return s
}

// expand reads "~/x" as a file of this home, and a relative path as one beside settings.toml.
func expand(h folders.Home, path string) string {
	switch {
	case path == "" || filepath.IsAbs(path):
		return path
	case strings.HasPrefix(path, "~/"):
		return filepath.Join(h.Dir, path[2:])
	}
	return filepath.Join(h.Config, path)
}
