package proxy

import (
	"strings"
	"testing"

	"baissh/proxy/state"

	"pgregory.net/rapid"
)

func TestAliasFor(t *testing.T) {
	long := strings.Repeat("x", 300)
	tests := []struct{ name, want string }{
		{"train-01", "bai-train-01"},
		{"Train.01_b", "bai-train.01_b"},
		{"a*b%c d", "bai-a-b-c-d"},
		{"-oProxyCommand=x", "bai-oproxycommand-x"},
		{"훈련", withHash("bai-", "훈련")},
		{long, withHash("bai-"+long, long)},
	}
	for _, tt := range tests {
		if got := aliasFor("bai", tt.name); got != tt.want {
			t.Errorf("aliasFor(%.20q) = %q, want %q", tt.name, got, tt.want)
		}
	}
}

func TestAliasIsAlwaysLegal(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		prefix := rapid.StringMatching(`bai(-[a-z0-9][a-z0-9-]{0,30})?`).Draw(t, "prefix")
		name := rapid.String().Draw(t, "name")
		for _, alias := range []string{aliasFor(prefix, name), withHash(aliasFor(prefix, name), name)} {
			if !state.IsAlias(alias) {
				t.Fatalf("alias %q of %q is not legal", alias, name)
			}
		}
	})
}

func TestUsable(t *testing.T) {
	for name, want := range map[string]bool{
		"train": true, "훈련": true, "a b": true, "": false, "a\nProxyCommand x": false, "a\x00": false, "\xff": false, "a\x7f": false,
	} {
		if got := usable(name); got != want {
			t.Errorf("usable(%q) = %v, want %v", name, got, want)
		}
	}
}
