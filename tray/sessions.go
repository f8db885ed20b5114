package tray

import (
	"fmt"
	"slices"

	"baissh/proxy/state"
)

// sessions are the submenus, those that are over last.
func sessions(seen Seen) (items []Item) {
	if seen.Snapshot == nil || len(seen.Snapshot.Hosts) == 0 {
		return []Item{line("No sessions to show")}
	}
	hosts := slices.Clone(seen.Snapshot.Hosts)
	slices.SortStableFunc(hosts, func(a, b state.Host) int { return rank(a) - rank(b) })
	rest := len(hosts) - MaxSessions
	for _, h := range hosts[:min(len(hosts), MaxSessions)] {
		items = append(items, session(h, seen))
	}
	if rest > 0 {
		items = append(items, line(fmt.Sprintf("… and %d more: baissh status", rest)))
	}
	return items
}

func rank(h state.Host) int {
	if h.State == state.Over {
		return 1
	}
	return 0
}

// maxReasons is how many rows a session's reason and hint may take.
const maxReasons = 8

func session(h state.Host, seen Seen) Item {
	item := Item{Kind: Submenu, Title: label(h, seen.Snapshot), Enabled: true, Action: Action{Session: h.SessionID}}
	if h.State != state.Disabled { // which the checkbox below says
		about := lines(h.Reason, h.Hint)
		item.Children = append(item.Children, about[:min(len(about), maxReasons)]...)
	}
	if h.State == state.Over {
		return item
	}
	act := func(do Deed) Action { return Action{Do: do, Session: h.SessionID, Alias: h.Alias} }
	toggle := act(Enable)
	toggle.On = !h.Enabled
	item.Children = append(item.Children, Item{
		Kind: Checkbox, Title: "Enable SSH for session", Enabled: h.Alias != "", Checked: h.Enabled, Action: toggle,
	})
	if !h.Enabled || h.Port == 0 || h.Alias == "" {
		return item
	}
	item.Children = append(item.Children,
		button("Copy “ssh "+h.Alias+"”", act(Copy)),
		button("Open terminal", act(Terminal)))
	if seen.FileZilla && writes(seen.Snapshot, "filezilla") {
		item.Children = append(item.Children, button("Open in FileZilla", act(FileZilla)))
	}
	return item
}

// label is a session's name and how it is, in one row.
func label(h state.Host, s *state.Snapshot) string {
	name := shorten(h.Name, 32)
	if ambiguous(h, s.Hosts) {
		name += " (" + h.Alias + ")"
	}
	switch {
	case h.State == state.Ready:
		return fmt.Sprintf("%s · ready on port %d", name, h.Port)
	case h.State == state.Disabled, h.Reason == "":
		return fmt.Sprintf("%s · %s", name, h.State)
	}
	return fmt.Sprintf("%s · %s: %s", name, h.State, shorten(h.Reason, 48))
}

func ambiguous(h state.Host, hosts []state.Host) bool {
	return slices.ContainsFunc(hosts, func(o state.Host) bool { return o.Name == h.Name && o.SessionID != h.SessionID })
}

// shorten cuts what would make the menu too wide.
func shorten(text string, limit int) string {
	runes := []rune(state.Printable(text))
	if len(runes) <= limit {
		return string(runes)
	}
	return string(runes[:limit-1]) + "…"
}

// writes reports whether another program's files are kept.
func writes(s *state.Snapshot, writer string) bool {
	return slices.ContainsFunc(s.Writers, func(w state.Writer) bool { return w.Name == writer && w.State != "off" })
}
