package tray

import (
	"errors"
	"fmt"
	"strings"

	"baissh/proxy/state"
	"baissh/svc/control"
	"baissh/tray/icons"
)

// statusLine says in a few words how all is.
func statusLine(seen Seen) string {
	if seen.Snapshot == nil {
		switch {
		case !away(seen.Err):
			return "baissh cannot be asked"
		case !seen.SignedIn:
			return "Nobody has signed in yet"
		}
		return "baissh is not running"
	}
	n := count(seen.Snapshot.Hosts)
	switch {
	case n.all == 0:
		return "No sessions"
	case n.enabled == 0:
		return fmt.Sprintf("SSH is enabled for none of %s", sessionCount(n.all))
	case n.ready == n.enabled:
		return sessionCount(n.ready) + " ready"
	}
	return fmt.Sprintf("%d of %s ready", n.ready, sessionCount(n.enabled))
}

func sessionCount(n int) string {
	if n == 1 {
		return "1 session"
	}
	return fmt.Sprintf("%d sessions", n)
}

// away reports whether no engine runs, as far as is known.
func away(err error) bool {
	return err == nil || errors.Is(err, control.ErrNoEngine) || errors.Is(err, control.ErrBroken)
}

// A tally counts sessions that are not over.
type tally struct{ all, enabled, ready, failed int }

func count(hosts []state.Host) (n tally) {
	for _, h := range hosts {
		if h.State == state.Over {
			continue
		}
		n.all++
		if h.Enabled {
			n.enabled++
		}
		switch h.State {
		case state.Ready:
			n.ready++
		case state.Failed:
			n.failed++
		}
	}
	return n
}

func icon(seen Seen) icons.State {
	if seen.Snapshot == nil {
		if seen.Trouble != nil || !seen.SignedIn || !away(seen.Err) {
			return icons.Attention
		}
		return icons.Away
	}
	n := count(seen.Snapshot.Hosts)
	switch {
	case seen.Trouble != nil, n.failed > 0, needsSomebody(seen.Snapshot):
		return icons.Attention
	case n.ready > 0:
		return icons.Ready
	}
	return icons.Idle
}

// needsSomebody reports whether something goes on only when a person acts.
func needsSomebody(s *state.Snapshot) bool {
	for _, p := range s.Profiles {
		if signedOut(p) {
			return true
		}
	}
	for _, w := range s.Writers {
		if w.State == "failed" {
			return true
		}
	}
	return false
}

// problems are what there is to know beside the sessions, each with its way out.
func problems(seen Seen) []Item {
	var items []Item
	if seen.Trouble != nil {
		p := state.AsProblem(seen.Trouble)
		items = append(items, lines(p.Fact, p.Hint)...)
	}
	if seen.Snapshot == nil && !away(seen.Err) {
		p := state.AsProblem(seen.Err)
		items = append(items, lines(p.Fact, p.Hint)...)
	}
	if s := seen.Snapshot; s != nil {
		for _, p := range s.Profiles {
			items = append(items, lines(p.Reason, p.Hint)...)
		}
		for _, n := range s.Notices {
			items = append(items, lines(n, "")...)
		}
		for _, w := range s.Writers {
			if w.State == "failed" || w.State == "waiting" {
				items = append(items, lines(w.Reason, w.Hint)...)
			}
		}
	}
	if len(items) > maxProblems {
		items = append(items[:maxProblems-1], line("… more: baissh status"))
	}
	return items
}

// lineWidth is about what a menu shows without growing over half the screen.
const lineWidth = 64

// lines breaks a fact and its way out into rows that a menu can show.
func lines(fact, hint string) (items []Item) {
	for _, text := range []string{fact, hint} {
		row := ""
		for _, word := range strings.Fields(text) {
			switch word = state.Printable(word); {
			case row == "":
				row = word
			case len(row)+1+len(word) > lineWidth:
				items = append(items, line(row))
				row = word
			default:
				row += " " + word
			}
		}
		if row != "" {
			items = append(items, line(row))
		}
	}
	return items
}
