package settings

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"baissh/proxy/folders"
)

// Of any text, Parse makes settings that can be worked with, or says no; and an edit
// changes the one key that it is about, or nothing.
func FuzzSettings(f *testing.F) {
	f.Fuzz(func(t *testing.T, text []byte) {
		s, err := Parse(text)
		if err != nil {
			return
		}
		if err := s.check(); err != nil {
			t.Fatalf("Parse lets pass: %v", err)
		}
		home := folders.Home{Dir: t.TempDir()}
		home.Config = filepath.Join(home.Dir, "config")
		checkEdit(t, home, text, Edit{Key: "policy", Value: "manual"}, func(s *Settings) { s.Policy = "manual" })
		checkEdit(t, home, text, Edit{Table: "ssh", Key: "write", Value: "off"}, func(s *Settings) { s.SSH.Write = WriteOff })
	})
}

func checkEdit(t *testing.T, home folders.Home, text []byte, e Edit, change func(*Settings)) {
	t.Helper()
	if err := os.MkdirAll(home.Config, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(home.SettingsFile(), text, 0o600); err != nil {
		t.Fatal(err)
	}
	want, _ := Parse(text)
	if err := Apply(home, e); err == nil {
		change(&want)
	}
	now, err := os.ReadFile(home.SettingsFile())
	if err != nil {
		t.Fatal(err)
	}
	got, err := Parse(now)
	if err != nil {
		t.Fatalf("%q became %q: %v", text, now, err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%q became %q:\n%s", text, now, diff)
	}
}
