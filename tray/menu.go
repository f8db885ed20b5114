package tray

import (
	"fmt"

	"baissh/proxy/state"
	"baissh/tray/icons"
)

// Seen is all that a menu is made from.
type Seen struct {
	Snapshot  *state.Snapshot // nil while nobody answers
	Err       error           // why nobody answers
	SignedIn  bool            // there are settings, so that the engine has something to do
	FileZilla bool            // it is installed here
	Trouble   error           // what became of the last click, if it went wrong
}

// A Kind is what an item looks like. An item of the desktop cannot change it.
type Kind string

// The kinds of items.
const (
	Line      Kind = "line"   // a text that cannot be clicked
	Button    Kind = "button" // does something when clicked
	Checkbox  Kind = "checkbox"
	Submenu   Kind = "submenu"
	Separator Kind = "separator"
)

// An Item is one row of the menu.
type Item struct {
	Kind     Kind
	Title    string
	Checked  bool
	Enabled  bool
	Action   Action
	Children []Item
}

// A Menu is what the icon shows, and what opens when it is clicked.
type Menu struct {
	Icon    icons.State
	Tooltip string
	Items   []Item
}

// MaxSessions is how many sessions have a submenu of their own.
const MaxSessions = 20

// Make decides what is shown. It changes nothing.
func Make(seen Seen) Menu {
	status := statusLine(seen)
	m := Menu{Icon: icon(seen), Tooltip: "baissh: " + status, Items: []Item{line(status)}}
	m.add(problems(seen)...)
	m.add(signIns(seen)...)
	if seen.Snapshot == nil && seen.SignedIn && away(seen.Err) {
		m.add(button("Start baissh", Action{Do: Start}))
	}
	m.add(Item{Kind: Separator})
	m.add(sessions(seen)...)
	m.add(Item{Kind: Separator}, policy(seen.Snapshot))
	m.add(button("Quit (connections stay)", Action{Do: Quit}))
	return m
}

func (m *Menu) add(items ...Item) { m.Items = append(m.Items, items...) }

func line(text string) Item { return Item{Kind: Line, Title: text} }

func button(title string, a Action) Item {
	return Item{Kind: Button, Title: title, Enabled: true, Action: a}
}

func policy(s *state.Snapshot) Item {
	auto := s != nil && s.Policy == state.Auto
	return Item{
		Kind: Checkbox, Title: "Enable new sessions automatically", Enabled: s != nil, Checked: auto,
		Action: Action{Do: Policy, On: !auto},
	}
}

// signIns offer a log-in for each profile that needs one, or the very first.
func signIns(seen Seen) (items []Item) {
	if seen.Snapshot == nil {
		if !seen.SignedIn {
			items = append(items, button("Sign in…", Action{Do: SignIn}))
		}
		return items
	}
	for _, p := range seen.Snapshot.Profiles {
		if signedOut(p) && len(items) < maxSignIns {
			title := "Sign in…"
			if len(seen.Snapshot.Profiles) > 1 {
				title = fmt.Sprintf("Sign in to %s…", state.Printable(p.Name))
			}
			items = append(items, button(title, Action{Do: SignIn, Profile: p.Name}))
		}
	}
	return items
}

// maxSignIns and maxProblems are as many as there are places for.
const (
	maxSignIns  = 4
	maxProblems = 12
)

func signedOut(p state.Profile) bool { return p.State == "signed-out" }
