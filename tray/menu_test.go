package tray

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"baissh/proxy/state"
	"baissh/svc/control"
	"baissh/tray/icons"
)

var (
	ready    = state.Host{Alias: "bai-demo", Port: 10022, SessionID: "1", Name: "demo", Enabled: true, State: state.Ready}
	starting = state.Host{Alias: "bai-new", Port: 10023, SessionID: "2", Name: "new", Enabled: true, State: state.Starting, Reason: "it is on its way"}
	failed   = state.Host{Alias: "bai-bad", Port: 10024, SessionID: "3", Name: "bad", Enabled: true, State: state.Failed, Reason: "it broke", Hint: "mend it"}
	disabled = state.Host{Alias: "bai-off", SessionID: "4", Name: "off", State: state.Disabled, Reason: "ssh is not enabled for session off", Hint: "baissh enable off"}
	over     = state.Host{Alias: "bai-was", SessionID: "5", Name: "was", State: state.Over, Reason: "session was has ended", Hint: "start one"}

	out = state.Profile{Name: "default", State: "signed-out", Reason: "the manager refused the key pair", Hint: "sign in again"}
)

func of(hosts ...state.Host) Seen {
	return Seen{SignedIn: true, Snapshot: &state.Snapshot{Policy: state.Auto, Hosts: hosts}}
}

// text is a menu as one reads it.
func text(m Menu) (rows []string) {
	for _, item := range m.Items {
		rows = append(rows, words(item))
		for _, child := range item.Children {
			rows = append(rows, "  "+words(child))
		}
	}
	return rows
}

func words(i Item) string {
	mark := map[Kind]string{Line: "(%s)", Button: "%s", Submenu: "%s >", Separator: "---%s"}[i.Kind]
	if i.Kind == Checkbox {
		mark = map[bool]string{true: "[x] %s", false: "[ ] %s"}[i.Checked]
		if !i.Enabled {
			mark = "(" + mark + ")"
		}
	}
	return fmt.Sprintf(mark, i.Title)
}

func TestMenu(t *testing.T) {
	const auto, quit, none = "[x] Enable new sessions automatically", "Quit (connections stay)", "(No sessions to show)"
	away := []string{"---", none, "---", "([ ] Enable new sessions automatically)", quit}
	tests := map[string]struct {
		seen Seen
		icon icons.State
		want []string
	}{
		"nobody has signed in": {Seen{Err: control.ErrNoEngine}, icons.Attention, append([]string{"(Nobody has signed in yet)", "Sign in…"}, away...)},
		"no engine":            {Seen{Err: control.ErrNoEngine, SignedIn: true}, icons.Away, append([]string{"(baissh is not running)", "Start baissh"}, away...)},
		"the engine crashed":   {Seen{Err: control.ErrBroken, SignedIn: true}, icons.Away, append([]string{"(baissh is not running)", "Start baissh"}, away...)},
		"another version": {
			Seen{Err: state.OtherVersion("0.9", true), SignedIn: true},
			icons.Attention,
			append([]string{
				"(baissh cannot be asked)", "(the baissh that runs (0.9) is older than this program)",
				"(restart it to use what is installed now: baissh service restart)",
			}, away...),
		},
		"no sessions": {of(), icons.Idle, []string{"(No sessions)", "---", none, "---", auto, quit}},
		"one is ready": {of(ready), icons.Ready, []string{
			"(1 session ready)", "---", "demo · ready on port 10022 >", "  [x] Enable SSH for session",
			"  Copy “ssh bai-demo”", "  Open terminal", "---", auto, quit,
		}},
		"one is on its way, one was": {of(over, ready, starting), icons.Ready, []string{
			"(1 of 2 sessions ready)", "---", "demo · ready on port 10022 >", "  [x] Enable SSH for session",
			"  Copy “ssh bai-demo”", "  Open terminal",
			"new · starting: it is on its way >", "  (it is on its way)", "  [x] Enable SSH for session",
			"  Copy “ssh bai-new”", "  Open terminal",
			"was · ended: session was has ended >", "  (session was has ended)", "  (start one)", "---", auto, quit,
		}},
		"one failed": {of(failed), icons.Attention, []string{
			"(0 of 1 session ready)", "---", "bad · failed: it broke >", "  (it broke)", "  (mend it)",
			"  [x] Enable SSH for session", "  Copy “ssh bai-bad”", "  Open terminal", "---", auto, quit,
		}},
		"none is wanted": {of(disabled), icons.Idle, []string{
			"(SSH is enabled for none of 1 session)", "---", "off · disabled >", "  [ ] Enable SSH for session", "---", auto, quit,
		}},
		"signed out": {
			Seen{SignedIn: true, Snapshot: &state.Snapshot{Policy: state.Manual, Profiles: []state.Profile{out}}},
			icons.Attention,
			[]string{
				"(No sessions)", "(the manager refused the key pair)", "(sign in again)", "Sign in…",
				"---", none, "---", "[ ] Enable new sessions automatically", quit,
			},
		},
		"a click went wrong": {
			Seen{SignedIn: true, Snapshot: &state.Snapshot{Policy: state.Auto}, Trouble: state.Unknown("x")},
			icons.Attention,
			[]string{"(No sessions)", "(no session has the alias, name or id x, or several have the name)", `(see "baissh status")`, "---", none, "---", auto, quit},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			m := Make(test.seen)
			if diff := cmp.Diff(test.want, text(m)); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
			if m.Icon != test.icon {
				t.Errorf("the icon says %s, want %s", m.Icon, test.icon)
			}
		})
	}
}

func find(t *testing.T, m Menu, title string) Item {
	t.Helper()
	all := slices.Clone(m.Items)
	for _, item := range m.Items {
		all = append(all, item.Children...)
	}
	for _, item := range all {
		if strings.HasPrefix(item.Title, title) {
			return item
		}
	}
	t.Fatalf("the menu has no %q: %q", title, text(m))
	return Item{}
}

func TestClicksSayWhatIsMeant(t *testing.T) {
	on, off := Make(of(ready)), Make(of(disabled))
	for title, want := range map[string]Action{
		"Enable SSH":  {Do: Enable, Session: "1", Alias: "bai-demo", On: false},
		"Copy":        {Do: Copy, Session: "1", Alias: "bai-demo"},
		"Open term":   {Do: Terminal, Session: "1", Alias: "bai-demo"},
		"Enable new":  {Do: Policy, On: false},
		"Quit":        {Do: Quit},
		"demo · read": {Session: "1"},
	} {
		if got := find(t, on, title).Action; got != want {
			t.Errorf("%s means %+v, want %+v", title, got, want)
		}
	}
	if got, want := find(t, off, "Enable SSH").Action, (Action{Do: Enable, Session: "4", Alias: "bai-off", On: true}); got != want {
		t.Errorf("Enable SSH means %+v, want %+v", got, want)
	}
	seen := of()
	seen.Snapshot.Profiles = []state.Profile{{Name: "default", State: "connected"}, {Name: "lab", State: "signed-out"}}
	if got, want := find(t, Make(seen), "Sign in to lab…").Action, (Action{Do: SignIn, Profile: "lab"}); got != want {
		t.Errorf("the sign-in means %+v, want %+v", got, want)
	}
}

func TestFileZillaIsOfferedWhereItHasOurSites(t *testing.T) {
	for name, test := range map[string]struct {
		installed bool
		writer    string
		want      bool
	}{"kept": {true, "written", true}, "waiting": {true, "waiting", true}, "switched off": {true, "off", false}, "not installed": {false, "off", false}} {
		seen := of(ready)
		seen.FileZilla = test.installed
		seen.Snapshot.Writers = []state.Writer{{Name: "filezilla", State: test.writer}}
		if got := slices.Contains(text(Make(seen)), "  Open in FileZilla"); got != test.want {
			t.Errorf("%s: offered is %v, want %v", name, got, test.want)
		}
	}
}

func TestWhatComesFromOutsideIsHarmless(t *testing.T) {
	h := ready
	h.Name = "a\x1b[31m\n\u202e" + strings.Repeat("x", 500)
	h.Reason = strings.Repeat("long ", 500)
	h.State = state.Failed
	other := ready
	other.SessionID, other.Alias = "9", "bai-demo-x"
	seen := of(h, ready, other)
	for range 50 {
		seen.Snapshot.Profiles = append(seen.Snapshot.Profiles, out)
	}
	seen.Trouble = errors.New(strings.Repeat("word ", 500))
	m := Make(seen)
	for _, row := range text(m) {
		if n := len([]rune(row)); n > 100 || strings.ContainsAny(row, "\x1b\n\u202e") {
			t.Errorf("%d characters: %q", n, row)
		}
	}
	find(t, m, "demo (bai-demo-x) · ")
	if err := newPool(new(fakeMenu).add, nil).show(m.Items); err != nil {
		t.Error(err)
	}
}

func TestTooManySessionsAreCounted(t *testing.T) {
	var hosts []state.Host
	for i := range MaxSessions + 3 {
		h := ready
		h.SessionID, h.Name = fmt.Sprint(i), fmt.Sprint("demo-", i)
		hosts = append(hosts, h)
	}
	m := Make(of(hosts...))
	find(t, m, "… and 3 more: baissh status")
	if err := newPool(new(fakeMenu).add, nil).show(m.Items); err != nil {
		t.Error(err)
	}
}
