package tray

import "time"

// settle is how long a row that has become another session's ignores clicks:
// who clicks within it meant what was there before.
const settle = 300 * time.Millisecond

// show changes only what differs. On Windows each change shows a hidden widget,
// so a hidden one is left alone.
func (s *slot) show(item Item) error {
	if s.kind == Separator {
		return nil
	}
	was, appears := s.take(item)
	if appears || was.Title != item.Title {
		s.widget.SetTitle(escape(item.Title))
	}
	if appears || was.Enabled != item.Enabled {
		choose(item.Enabled, s.widget.Enable, s.widget.Disable)
	}
	if s.kind == Checkbox && (appears || was.Checked != item.Checked) {
		choose(item.Checked, s.widget.Check, s.widget.Uncheck)
	}
	if s.kind == Submenu && s.children == nil {
		s.children = s.pool.fill(s.widget, placesInSession())
	}
	if err := place(s.children, item.Children); err != nil {
		return err
	}
	if appears {
		s.widget.Show()
	}
	return nil
}

// take remembers what is shown from now on, and returns what was.
func (s *slot) take(item Item) (was Item, appears bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	was, appears = s.now, s.hidden
	if !appears && was.Action.Session != item.Action.Session {
		s.moved = time.Now()
	}
	s.now, s.hidden = item, false
	return was, appears
}

func (s *slot) hide() {
	s.mu.Lock()
	hidden := s.hidden || s.kind == Separator
	s.hidden = true
	s.mu.Unlock()
	if !hidden {
		s.widget.Hide()
	}
}

func (s *slot) clicked() {
	s.mu.Lock()
	action, ignore := s.now.Action, s.hidden || !s.now.Enabled || time.Since(s.moved) < settle
	s.mu.Unlock()
	if !ignore {
		s.pool.click(action)
	}
}

func choose(first bool, one, other func()) {
	if first {
		one()
	} else {
		other()
	}
}
