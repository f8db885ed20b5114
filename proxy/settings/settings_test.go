package settings

import (
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"baissh/proxy/folders"
)

const aProfile = `[profiles.default]
endpoint = "https://api.example.com"
access_key = "AKIA"
`

func TestParseFillsInDefaults(t *testing.T) {
	s, err := Parse([]byte(aProfile))
	if err != nil {
		t.Fatal(err)
	}
	p := s.Profiles["default"]
	if p.Account != "work" || p.Secret != SecretFile || p.AliasPrefix != "bai-default" || s.PreferredPort != 10022 || s.SSH.Write != WritePrint {
		t.Errorf("defaults are missing: %+v", s)
	}
}

func TestParseNamesThePlaceOfAMistake(t *testing.T) {
	tests := map[string]struct{ text, want string }{
		"unknown key":     {"prefered_port = 1\n", `line 1, column 1: unknown setting "prefered_port"`},
		"unknown in deep": {aProfile + "colour = \"red\"\n", `line 4, column 1: unknown setting "profiles.default.colour"`},
		"not TOML":        {"policy = \n", "line 1"},
		"wrong type":      {"preferred_port = \"x\"\n", "line 1"},
		"bad policy":      {`policy = "often"`, `policy: want "auto" or "manual"`},
		"bad range":       {`port_range = [20, 30]`, "port_range: want two ports"},
		"bad write":       {"[ssh]\nwrite = \"yes\"", "ssh.write: want one of"},
		"bad endpoint":    {"[profiles.x]\nendpoint = \"ftp://x\"\naccess_key = \"A\"", "profiles.x: the endpoint"},
		"secret in URL":   {"[profiles.x]\nendpoint = \"https://u:hidden@x\"\naccess_key = \"A\"", "profiles.x"},
		"bad profile":     {"[profiles.\"a b\"]\nendpoint = \"https://x\"\naccess_key = \"A\"", "the profile name"},
		"bad account":     {aProfile + "account = \"a b\"\n", "account: \"a b\" is no account name"},
		"bad port":        {aProfile + "[profiles.default.sessions.train]\nport = 80\n", "port: want one between"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := Parse([]byte(tt.text))
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("Parse said %v, want %q", err, tt.want)
			}
			if err != nil && strings.Contains(err.Error(), "hidden") {
				t.Errorf("Parse told a secret: %v", err)
			}
		})
	}
}

func TestOverrides(t *testing.T) {
	s, err := Parse([]byte(aProfile + `account = "ubuntu"
identity_file = "/k/profile"
[profiles.default.sessions.train-01]
account = "root"
[profiles.default.sessions."a b"]
identity_file = "/k/session"
port = 10100
`))
	if err != nil {
		t.Fatal(err)
	}
	p := s.Profiles["default"]
	for name, want := range map[string]Session{
		"other":    {Account: "ubuntu", IdentityFile: "/k/profile"},
		"train-01": {Account: "root", IdentityFile: "/k/profile"},
		"a b":      {Account: "ubuntu", IdentityFile: "/k/session", Port: 10100},
	} {
		if diff := cmp.Diff(want, p.For(name)); diff != "" {
			t.Errorf("For(%q): %s", name, diff)
		}
	}
}

func TestApplyKeepsWhatTheUserWrote(t *testing.T) {
	h, err := folders.At(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	old := "# mine\npolicy = \"manual\" # for now\n\n" + aProfile + "# the end\n"
	os.MkdirAll(h.Config, 0o700)
	os.WriteFile(h.SettingsFile(), []byte(old), 0o600)
	err = Apply(h,
		Edit{"profiles.default", "access_key", "AKIB"},
		Edit{"profiles.default", "secret", "keyring"},
		Edit{"profiles.second", "endpoint", "https://two"},
		Edit{"profiles.second", "access_key", "AKIC"},
		Edit{"ssh", "write", "include"})
	if err != nil {
		t.Fatal(err)
	}
	got, _ := os.ReadFile(h.SettingsFile())
	want := `# mine
policy = "manual" # for now

[profiles.default]
secret = "keyring"
endpoint = "https://api.example.com"
access_key = "AKIB"
# the end

[profiles.second]
access_key = "AKIC"
endpoint = "https://two"

[ssh]
write = "include"
`
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Error(diff)
	}
}

func TestApplyNeverWritesWhatCannotBeRead(t *testing.T) {
	h, err := folders.At(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	os.MkdirAll(h.Config, 0o700)
	os.WriteFile(h.SettingsFile(), []byte("broken ="), 0o600)
	if err := Apply(h, Edit{"ssh", "write", "print"}); err == nil {
		t.Error("a broken file was edited")
	}
	if got, _ := os.ReadFile(h.SettingsFile()); string(got) != "broken =" {
		t.Errorf("the file is now %q", got)
	}
}

func TestFileSecrets(t *testing.T) {
	h, err := folders.At(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	p := Profile{Endpoint: "https://x", AccessKey: "AKIA"}
	secrets := SecretsOf(SecretFile, h)
	if _, err := secrets.Get(t.Context(), p); err != ErrNoSecret {
		t.Errorf("Get from nothing: %v, want ErrNoSecret", err)
	}
	if err := secrets.Set(t.Context(), p, "hidden"); err != nil {
		t.Fatal(err)
	}
	if got, err := secrets.Get(t.Context(), p); got != "hidden" || err != nil {
		t.Errorf("Get = %q, %v", got, err)
	}
	info, err := os.Stat(secrets.Where())
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the file has mode %v, %v, want 0600", info.Mode(), err)
	}
	os.WriteFile(secrets.Where(), []byte(`{"a": "hidden`), 0o600)
	if _, err := secrets.Get(t.Context(), p); err == nil || err == ErrNoSecret || strings.Contains(err.Error(), "hidden") {
		t.Errorf("a damaged file: %v", err)
	}
}
