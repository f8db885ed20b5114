package proxy

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"baissh/proxy/settings"
	"baissh/proxy/state"
)

func situationOf(profile settings.Profile, sessions ...state.Session) situation {
	in := situation{
		settings: settings.Settings{Policy: state.Auto, AutoLimit: 100, Profiles: map[string]settings.Profile{"default": profile}},
		sessions: map[string]map[string]state.Session{"default": {}},
		before:   map[string]remembered{}, choices: map[string]bool{}, userHosts: map[string]bool{},
	}
	for _, s := range sessions {
		in.sessions["default"][s.ID] = s
	}
	return in
}

var aProfile = settings.Profile{AliasPrefix: "bai", Account: "work"}

func running(id, name string, age time.Duration) state.Session {
	return state.Session{
		ID: id, Name: name, Type: "INTERACTIVE", Status: "RUNNING", HasSSH: true,
		CreatedAt: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC).Add(-age),
	}
}

func wishFor(t *testing.T, wishes []wish, id string) wish {
	t.Helper()
	for _, w := range wishes {
		if w.session.ID == id {
			return w
		}
	}
	t.Fatalf("no wish for session %s", id)
	return wish{}
}

func TestPolicyAndChoices(t *testing.T) {
	ofType := func(kind string) state.Session {
		s := running("b", "batch", 0)
		s.Type = kind
		return s
	}
	batch := ofType("BATCH")
	tests := []struct {
		name    string
		policy  state.Policy
		session state.Session
		choices map[string]bool
		want    bool
	}{
		{"auto enables interactive sessions", state.Auto, running("a", "train", 0), nil, true},
		{"auto leaves batch sessions", state.Auto, batch, nil, false},
		{"auto leaves inference sessions", state.Auto, ofType("INFERENCE"), nil, false},
		{"auto leaves system sessions", state.Auto, ofType("SYSTEM"), nil, false},
		{"auto leaves types that it does not know", state.Auto, ofType("DREAM"), nil, false},
		{"a batch session can be chosen", state.Auto, batch, map[string]bool{"default/batch": true}, true},
		{"manual enables none", state.Manual, running("a", "train", 0), nil, false},
		{"a choice wins over manual", state.Manual, running("a", "train", 0), map[string]bool{"default/train": true}, true},
		{"a choice wins over auto", state.Auto, running("a", "train", 0), map[string]bool{"default/train": false}, false},
		{"a hostile name is never enabled", state.Auto, running("a", "x\nProxyCommand y", 0), map[string]bool{"default/x\nProxyCommand y": true}, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			in := situationOf(aProfile, tt.session)
			in.settings.Policy, in.choices = tt.policy, tt.choices
			wishes, _ := plan(in)
			if got := wishes[0].enabled; got != tt.want {
				t.Errorf("enabled = %v, want %v", got, tt.want)
			}
		})
	}
}

func TestAutoLimitIsSaid(t *testing.T) {
	in := situationOf(aProfile, running("a", "one", 3), running("b", "two", 2), running("c", "three", 1))
	in.settings.AutoLimit = 2
	wishes, notices := plan(in)
	if len(notices) != 1 {
		t.Errorf("notices = %q, want one about the limit", notices)
	}
	if wishFor(t, wishes, "c").enabled || !wishFor(t, wishes, "a").enabled {
		t.Error("the newest should be left out, not the oldest")
	}
}

// Sessions of one profile, older or not, never take another profile's out of the cap.
func TestTheCapKeepsWhoIsIn(t *testing.T) {
	in := situationOf(aProfile, running("a", "one", 3), running("b", "two", 1))
	in.settings.AutoLimit = 2
	in.settings.Profiles["aaa"] = settings.Profile{AliasPrefix: "bai-aaa"} // comes first
	in.before["default/a"], in.before["default/b"] = remembered{Enabled: true}, remembered{Enabled: true}
	in.sessions["aaa"] = map[string]state.Session{"c": running("c", "three", 9), "d": running("d", "four", 0)}
	wishes, notices := plan(in)
	for id, want := range map[string]bool{"a": true, "b": true, "c": false, "d": false} {
		if got := wishFor(t, wishes, id).enabled; got != want {
			t.Errorf("session %s: enabled = %v, want %v", id, got, want)
		}
	}
	if len(notices) != 1 {
		t.Errorf("notices = %q, want one about the limit", notices)
	}
	delete(in.sessions["default"], "a") // the oldest of those who wait comes next
	wishes, _ = plan(in)
	if !wishFor(t, wishes, "c").enabled || wishFor(t, wishes, "d").enabled {
		t.Error("the place of one that ended does not go to the oldest that waits")
	}
}

func TestIncumbentKeepsItsAlias(t *testing.T) {
	in := situationOf(aProfile, running("old", "Train", time.Hour), running("new", "train", 0))
	in.before["default/old"] = remembered{Alias: "bai-train"}
	wishes, _ := plan(in)
	if got := wishFor(t, wishes, "old").alias; got != "bai-train" {
		t.Errorf("the incumbent's alias is %q", got)
	}
	if got, want := wishFor(t, wishes, "new").alias, withHash("bai-train", "train"); got != want {
		t.Errorf("the newcomer's alias is %q, want %q", got, want)
	}
}

func TestSuccessorTakesThePlaceOfWhatEnds(t *testing.T) {
	old := running("old", "train", time.Hour)
	old.Status = "TERMINATING"
	in := situationOf(aProfile, old, running("new", "train", 0))
	in.before["default/old"] = remembered{Alias: "bai-train"}
	wishes, _ := plan(in)
	w := wishFor(t, wishes, "new")
	if w.alias != "bai-train" || w.key != "default/train" {
		t.Errorf("the successor has alias %q and line %q", w.alias, w.key)
	}
}

func TestAliasAvoidsTheUsersOwnHosts(t *testing.T) {
	in := situationOf(aProfile, running("a", "train", 0))
	in.userHosts["bai-train"] = true
	wishes, _ := plan(in)
	if got := wishes[0].alias; got == "bai-train" {
		t.Error("the alias hides a host of the user's own")
	}
}

// So does that of another container of a cluster, and it is kept like the main one's.
func TestAliasesOfOtherContainersAvoidTheUsersOwnHosts(t *testing.T) {
	cluster := running("a", "train", 0)
	cluster.Others = []state.Container{{Host: "sub1"}, {Host: "sub2"}, {Host: "a" + strings.Repeat("b", 30)}}
	in := situationOf(aProfile, cluster)
	for _, i := range []int{0, 2} {
		in.userHosts["bai-train+"+cluster.Others[i].Host] = true
	}
	before, _ := plan(in)
	if len(before) != 4 || before[2].alias != "bai-train+sub2" {
		t.Fatalf("the wishes are %+v", before)
	}
	for _, w := range before {
		if in.userHosts[w.alias] || !state.IsAlias(w.alias) || state.MainAlias(w.alias) != "bai-train" {
			t.Errorf("one alias is %q", w.alias)
		}
		in.before[w.host()] = remembered{Alias: w.alias, Line: w.key}
	}
	in.userHosts = map[string]bool{"bai-train+sub2": true}
	after, _ := plan(in)
	for i, w := range after {
		if w.alias != before[i].alias {
			t.Errorf("it was %q, and is %q", before[i].alias, w.alias)
		}
	}
	in.before["default/a"] = remembered{Alias: "bai-other"}
	if renamed, _ := plan(in); renamed[1].alias != "bai-other+sub1" {
		t.Errorf("with another main alias it is %q", renamed[1].alias)
	}
}

// The second of one name keeps its place when the first has ended: somebody may be
// connected. Who comes then has the name's.
func TestTheSecondOfANameKeepsItsPlace(t *testing.T) {
	first, second := running("first", "train", time.Hour), running("second", "train", 0)
	in := situationOf(aProfile, first, second)
	before, _ := plan(in)
	for _, w := range before {
		in.before[w.host()] = remembered{Alias: w.alias, Line: w.key}
	}
	if w := wishFor(t, before, "first"); w.key != "default/train" || w.alias != "bai-train" {
		t.Fatalf("the first has line %q and alias %q", w.key, w.alias)
	}
	third := running("third", "train", -time.Hour)
	in.sessions["default"] = map[string]state.Session{"second": second, "third": third}
	after, _ := plan(in)
	was, now := wishFor(t, before, "second"), wishFor(t, after, "second")
	if now.key != was.key || now.alias != was.alias {
		t.Errorf("it had line %q and alias %q, and has %q and %q", was.key, was.alias, now.key, now.alias)
	}
	if w := wishFor(t, after, "third"); w.key != "default/train" || w.alias != "bai-train" {
		t.Errorf("the newcomer has line %q and alias %q", w.key, w.alias)
	}
}

// Two profiles with one key pair see the same sessions. Each has its own hosts of them.
func TestTwoProfilesOfOneKeyPair(t *testing.T) {
	in := situationOf(aProfile, running("a", "train", 0))
	in.settings.Profiles["lab"] = settings.Profile{AliasPrefix: "bai-lab"}
	in.sessions["lab"] = in.sessions["default"]
	for range 3 {
		wishes, _ := plan(in)
		if len(wishes) != 2 || wishes[0].alias != "bai-train" || wishes[1].alias != "bai-lab-train" {
			t.Fatalf("the plan is %+v", wishes)
		}
		for _, w := range wishes {
			in.before[w.host()] = remembered{Alias: w.alias, Line: w.key}
		}
	}
}

// A name that reads like another profile's: who comes later has a suffix.
func TestAliasesOfProfilesDoNotMeet(t *testing.T) {
	in := situationOf(aProfile, running("a", "lab-train", 0))
	in.settings.Profiles["lab"] = settings.Profile{AliasPrefix: "bai-lab"}
	in.sessions["lab"] = map[string]state.Session{"b": running("b", "train", 0)}
	wishes, _ := plan(in)
	if got := wishFor(t, wishes, "a").alias; got != "bai-lab-train" {
		t.Errorf("the first one's alias is %q", got)
	}
	if got, want := wishFor(t, wishes, "b").alias, withHash("bai-lab-train", "train"); got != want {
		t.Errorf("the other's alias is %q, want %q", got, want)
	}
}

// Whatever the names are: aliases and lines are never given twice, and the same
// situation gives the same plan.
func TestPlanGivesNothingTwice(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		names := rapid.SliceOfN(rapid.SampledFrom([]string{"a", "A", "a-", "b", "B", "훈련", "훈", "c\n"}), 0, 12).Draw(t, "names")
		var sessions []state.Session
		for i, name := range names {
			sessions = append(sessions, running(fmt.Sprintf("id-%d", i), name, time.Duration(i)))
		}
		in := situationOf(aProfile, sessions...)
		wishes, _ := plan(in)
		aliases, keys := map[string]bool{}, map[string]bool{}
		for _, w := range wishes {
			if w.alias != "" && aliases[w.alias] || keys[w.key] {
				t.Fatalf("alias %q or line %q is given twice", w.alias, w.key)
			}
			aliases[w.alias], keys[w.key] = true, true
			in.before[w.host()] = remembered{Alias: w.alias, Line: w.key}
		}
		again, _ := plan(in)
		for i := range again {
			if again[i].alias != wishes[i].alias || again[i].key != wishes[i].key {
				t.Fatalf("the next plan moves %q to %q", wishes[i].alias, again[i].alias)
			}
		}
	})
}

func TestPortCandidates(t *testing.T) {
	now := time.Date(2026, 1, 2, 0, 0, 0, 0, time.UTC)
	ago := func(d time.Duration) time.Time { return now.Add(-d) }
	tests := []struct {
		name  string
		memos map[string]portMemo
		held  map[int]bool
		want  int
	}{
		{"the preferred one first", nil, nil, 10022},
		{"then the lowest above", nil, map[int]bool{10022: true}, 10023},
		{"its own again, whatever is free", map[string]portMemo{"p/a": {Port: 10030, Used: ago(48 * time.Hour)}}, nil, 10030},
		{"not its own while another holds it", map[string]portMemo{"p/a": {Port: 10030, Used: now}}, map[int]bool{10030: true}, 10022},
		{"a freed one rests a day", map[string]portMemo{"p/b": {Port: 10023, Used: ago(23 * time.Hour)}}, map[int]bool{10022: true}, 10024},
		{"and is free afterwards", map[string]portMemo{"p/b": {Port: 10023, Used: ago(25 * time.Hour)}}, map[int]bool{10022: true}, 10023},
		{"the preferred one rests ten minutes", map[string]portMemo{"p/b": {Port: 10022, Used: ago(11 * time.Minute)}}, nil, 10022},
		{"where it was while its own was taken", map[string]portMemo{"p/a": {Port: 10022, Spare: 10030, Used: now}}, map[int]bool{10022: true}, 10030},
		{"nobody's spare one", map[string]portMemo{"p/b": {Port: 10050, Spare: 10022, Used: now}}, nil, 10023},
		{"but these it rests", map[string]portMemo{"p/b": {Port: 10022, Used: ago(9 * time.Minute)}}, nil, 10023},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := portPicker{preferred: 10022, low: 10022, high: 10100, memos: tt.memos, now: now}
			if got := slices.Collect(p.candidates("p/a", tt.held)); got[0] != tt.want {
				t.Errorf("first candidate %d, want %d", got[0], tt.want)
			}
		})
	}
}
