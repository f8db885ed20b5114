package settings

import (
	"errors"
	"os"
	"slices"
	"strings"
	"testing"

	"baissh/proxy/folders"
)

const another = `[profiles.lab]
endpoint = "https://lab.example.com"
access_key = "AKID"
account = "ubuntu"
`

// A mistake in one profile leaves the others, and what can be used of itself.
func TestAMistakeInAProfileIsItsOwn(t *testing.T) {
	tests := map[string]struct{ mistake, want string }{
		"unknown setting": {"colour = 1\n", `line 5, column 1: unknown setting "profiles.lab.colour"`},
		"prefix":          {"alias_prefix = \"*\"\n", "profiles.lab: alias_prefix"},
		"secret":          {"secret = \"head\"\n", "profiles.lab: secret"},
		"port":            {"[profiles.lab.sessions.train]\nport = 22\n", "profiles.lab: sessions.train: port"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			s, err := Parse([]byte(another + tt.mistake + aProfile))
			var mistakes *MistakeError
			if !errors.As(err, &mistakes) || !slices.Equal(mistakes.Profiles, []string{"lab"}) || !strings.Contains(err.Error(), tt.want) {
				t.Fatalf("Parse said %v, want %q", err, tt.want)
			}
			lab := s.Profiles["lab"]
			if s.Profiles["default"].Wrong != nil || lab.Wrong == nil || lab.AliasPrefix != "bai-lab" || lab.Account != "ubuntu" || lab.For("train").Port != 0 {
				t.Errorf("the settings are %+v", s.Profiles)
			}
			before, err := Parse([]byte(another + aProfile))
			if err != nil {
				t.Fatal(err)
			}
			if s := s.Keeping(before); s.Profiles["lab"].Wrong != nil {
				t.Error("what held before does not go on to hold")
			}
		})
	}
}

// Who signs in to one profile is not kept from it by another's mistake, and makes no
// new one.
func TestApplyBesideAMistake(t *testing.T) {
	h, err := folders.At(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	os.MkdirAll(h.Config, 0o700)
	os.WriteFile(h.SettingsFile(), []byte(another+"colour = 1\n"+aProfile), 0o600)
	if err := Apply(h, Edit{"profiles.default", "access_key", "AKIB"}); err != nil {
		t.Errorf("beside a mistake: %v", err)
	}
	if err := Apply(h, Edit{"profiles.default", "account", "a b"}); err == nil {
		t.Error("a mistake of another profile's is written")
	}
	if s, _ := Load(h); s.Profiles["default"].AccessKey != "AKIB" || s.Profiles["default"].Account != "work" {
		t.Errorf("the profile is %+v", s.Profiles["default"])
	}
}
