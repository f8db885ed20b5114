package sshconfig

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"baissh/proxy/state"

	"pgregory.net/rapid"
)

// configs draws what a user's file may look like, the odd and the damaged too.
func configs() *rapid.Generator[[]byte] {
	lines := rapid.SampledFrom([]string{
		"", "# comment", "  # indented", "Host a b", "\tPort 22", "User=me", "Host *", "Match all",
		"Match exec \"true\"", "Include other", "Include bai/config", "IgnoreUnknown UseKeychain",
		`IdentityFile "~/two words"`, "Host \"quoted\"", "\xff\xfe", "한글 # 주석", "Host !x y*",
		"baissh", beginMark + " ", endMark,
	})
	ends := rapid.SampledFrom([]string{"\n", "\n", "\n", "\r\n", "\r\n", "\r", ""})
	return rapid.Custom(func(t *rapid.T) []byte {
		var b bytes.Buffer
		for range rapid.IntRange(0, 12).Draw(t, "lines") {
			b.WriteString(lines.Draw(t, "line"))
			b.WriteString(ends.Draw(t, "end"))
		}
		return b.Bytes()
	})
}

func dirs() *rapid.Generator[Dir] {
	return rapid.SampledFrom([]Dir{
		{Path: "/home/me/.ssh", Tilde: true},
		{Path: "/home/me/.ssh"},
		{Path: "/home/two words/.ssh"},
		{Path: "/home/홍 길동/.ssh"},
	})
}

func TestAddThenRemoveIsIdentity(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		checkInclude(t, configs().Draw(t, "config"), dirs().Draw(t, "dir"))
	})
}

type failer interface {
	Fatalf(format string, args ...any)
}

// checkInclude holds for every text and folder.
func checkInclude(t failer, old []byte, d Dir) {
	added, err := AddInclude(old, d)
	if err != nil {
		if added != nil {
			t.Fatalf("AddInclude(%q) = %q with error %v", old, added, err)
		}
		return
	}
	if again, err := AddInclude(added, d); err != nil || !bytes.Equal(again, added) {
		t.Fatalf("AddInclude twice = %q, %v; want %q", again, err, added)
	}
	if !HasInclude(added, d) {
		t.Fatalf("HasInclude(%q) = false after AddInclude", added)
	}
	removed, err := RemoveInclude(added)
	if err != nil {
		t.Fatalf("RemoveInclude(%q): %v", added, err)
	}
	// Of a text that has our block already, everything else is left.
	want, err := RemoveInclude(old)
	if err != nil || !bytes.Equal(removed, want) {
		t.Fatalf("RemoveInclude(AddInclude(%q)) = %q, %v; want %q", old, removed, err, want)
	}
	if !hasMarks(old) && !bytes.Equal(removed, old) {
		t.Fatalf("RemoveInclude(AddInclude(%q)) = %q", old, removed)
	}
}

// The names of the user's hosts do not change with our block.
func TestOurBlockDefinesNoUserHosts(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		old := configs().Draw(t, "config")
		added, err := AddInclude(old, dirs().Draw(t, "dir"))
		if err != nil {
			return
		}
		if got, want := UserHosts(added), UserHosts(old); !slices.Equal(got, want) {
			t.Fatalf("UserHosts = %q with our block, %q without", got, want)
		}
	})
}

// words draws what may come from outside, attacks more often than chance has it.
func words() *rapid.Generator[string] {
	return rapid.OneOf(
		rapid.StringMatching(`[a-z0-9][a-z0-9._-]{0,8}`),
		rapid.SampledFrom([]string{
			"", "bai-x\nProxyCommand sh", "*", "!x", "-oProxyCommand=sh", `a" b`, "%h", "${HOME}",
			"훈련", "a\r", "a\x00b", "a,b", "a#b", "../a", "/abs/path", "/abs/a\nUser x", `/abs/"q" %d`, "/abs/\\",
		}),
		rapid.String(),
	)
}

func entries() *rapid.Generator[[]state.Entry] {
	names := rapid.StringMatching(`[a-z][a-z0-9._-]{0,8}`)
	paths := rapid.StringMatching(`/[ -~가-힣]{1,12}`)
	mostly := func(good, any *rapid.Generator[string]) *rapid.Generator[string] {
		return rapid.OneOf(good, good, good, any)
	}
	keys := rapid.OneOf(rapid.SampledFrom([]string{"", rsaKey(), edwardsKey(), rsaKey(), edwardsKey() + "\nUser x"}), words())
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) state.Entry {
		return state.Entry{
			Alias:        mostly(names, words()).Draw(t, "alias"),
			Port:         rapid.IntRange(0, 65536).Draw(t, "port"),
			Account:      mostly(names, words()).Draw(t, "account"),
			IdentityFile: mostly(paths, words()).Draw(t, "identity"),
			HostKey:      keys.Draw(t, "key"),
		}
	}), 0, 6)
}

func TestNamesFromOutsideAddNoOption(t *testing.T) {
	if _, err := exec.LookPath("ssh"); err != nil {
		t.Skip("needs OpenSSH's ssh")
	}
	file := filepath.Join(t.TempDir(), "config")
	rapid.Check(t, func(t *rapid.T) {
		d, list := dirs().Draw(t, "dir"), entries().Draw(t, "entries")
		checkRender(t, d, list)
		text, _ := Render(d, list, Options{})
		good, _ := accept(d, list)
		checkInSSH(t, file, text, first(good))
	})
}

// checkInSSH asks ssh itself whether an entry arrived as it was meant.
func checkInSSH(t failer, file string, text []byte, e *state.Entry) {
	if e == nil {
		return
	}
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatalf("%v", err)
	}
	out, err := exec.Command("ssh", "-G", "-F", file, e.Alias).CombinedOutput()
	got := "\n" + string(out)
	user, port := "\nuser "+e.Account+"\n", fmt.Sprintf("\nport %d\n", e.Port)
	if err != nil || !strings.Contains(got, user) || !strings.Contains(got, port) ||
		strings.Contains(got, "\nproxycommand ") || !strings.Contains(got, "\nhostkeyalias "+e.Alias+"\n") {
		t.Fatalf("ssh makes of %+v (%v):\n%s", *e, err, out)
	}
}

// ours are the options that Render writes, and how many words each may have.
var ours = map[string]int{
	"host": 1, "hostname": 1, "port": 1, "user": 1, "addressfamily": 1, "connecttimeout": 1,
	"identityfile": 1, "identitiesonly": 1, "pubkeyauthentication": 1, "preferredauthentications": 1,
	"hostkeyalias": 1, "userknownhostsfile": 1, "stricthostkeychecking": 1, "hostkeyalgorithms": 1,
	"pubkeyacceptedkeytypes": 1, "checkhostip": 1, "updatehostkeys": 1, "proxycommand": 1,
	"controlmaster": 1, "controlpath": 1, "forwardagent": 1, "serveraliveinterval": 1,
}

func checkRender(t failer, d Dir, entries []state.Entry) {
	text, err := Render(d, entries, Options{})
	var bad state.Refusals
	if err != nil && !errors.As(err, &bad) {
		return
	}
	hosts := 0
	for line := range directives(text) {
		if ours[line.keyword] != len(line.args) {
			t.Fatalf("Render(%+v) has a line %+v", entries, line)
		}
		if line.keyword == "host" {
			hosts++
		}
		if line.keyword == "proxycommand" && line.args[0] != "none" {
			t.Fatalf("Render(%+v) has a line %+v", entries, line)
		}
	}
	if hosts+len(bad) != len(entries) {
		t.Fatalf("Render(%+v) has %d hosts and %d refusals", entries, hosts, len(bad))
	}
	for line := range strings.Lines(string(KnownHosts(entries))) {
		if name, key, _ := strings.Cut(strings.TrimSuffix(line, "\n"), " "); !pinnable(state.Entry{Alias: name, HostKey: key}) {
			t.Fatalf("KnownHosts(%+v) has a line %q", entries, line)
		}
	}
}

func TestOrderOfEntriesDoesNotMatter(t *testing.T) {
	d := Dir{Path: "/home/me/.ssh"}
	rapid.Check(t, func(t *rapid.T) {
		names := rapid.SliceOfDistinct(rapid.StringMatching(`[a-z][a-z0-9-]{0,5}`), rapid.ID).Draw(t, "names")
		var list []state.Entry
		for i, name := range names {
			list = append(list, state.Entry{Alias: name, Port: 10022 + i, Account: "work", HostKey: rsaKey()})
		}
		want, _ := Render(d, list, Options{})
		pins := KnownHosts(list)
		list = rapid.Permutation(list).Draw(t, "shuffled")
		if got, _ := Render(d, list, Options{}); !bytes.Equal(got, want) {
			t.Fatalf("Render of another order = %s, want %s", got, want)
		}
		if got := KnownHosts(list); !bytes.Equal(got, pins) {
			t.Fatalf("KnownHosts of another order = %s, want %s", got, pins)
		}
	})
}
