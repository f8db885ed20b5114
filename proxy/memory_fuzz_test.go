//go:build !windows

package proxy

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"baissh/proxy/settings"
	"baissh/proxy/state"
)

// Of any state file, either all is remembered, and written again as it was, or it is
// put aside to the byte. A plan can be made of it. (Wine before 9.0 cannot clear the
// folders that this makes.)
func FuzzMemory(f *testing.F) {
	f.Fuzz(func(t *testing.T, text []byte) {
		path := filepath.Join(t.TempDir(), "state.json")
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		m, notice, err := loadMemory(path)
		if err != nil {
			t.Fatal(err)
		}
		if notice != "" {
			wantAside(t, path, text)
		}
		checkPlan(t, m)
		if err := m.save(path); err != nil {
			t.Fatal(err)
		}
		again, notice, err := loadMemory(path)
		if err != nil || notice != "" {
			t.Fatalf("what was saved is not read again: %v %s", err, notice)
		}
		if err := again.save(path + ".again"); err != nil || !bytes.Equal(read(t, path), read(t, path+".again")) {
			t.Errorf("%s\nbecomes\n%s (%v)", read(t, path), read(t, path+".again"), err)
		}
	})
}

func wantAside(t *testing.T, path string, want []byte) {
	t.Helper()
	if got := read(t, path+".damaged"); !bytes.Equal(got, want) {
		t.Errorf("put aside is %q, want %q", got, want)
	}
}

func checkPlan(t *testing.T, m *memory) {
	t.Helper()
	in := situation{
		settings: settings.Settings{
			Policy: state.Auto, AutoLimit: 100,
			Profiles: map[string]settings.Profile{"default": {AliasPrefix: "bai", Account: "work"}},
		},
		choices: m.Choices, before: m.Hosts, sessions: map[string]map[string]state.Session{"default": m.sessionsOf("default")},
	}
	wishes, _ := plan(in)
	seen := map[string]bool{}
	for _, w := range wishes {
		if w.alias != "" && (seen[w.alias] || !state.IsAlias(w.alias)) {
			t.Errorf("a host is %q, as another or as nothing that ssh takes", w.alias)
		}
		seen[w.alias] = true
	}
}

func read(t *testing.T, path string) []byte {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return text
}
