package tray

import (
	"fmt"
	"sync"
	"time"
)

// A widget is an item of the desktop's menu.
type widget interface {
	SetTitle(title string)
	Enable()
	Disable()
	Check()
	Uncheck()
	Show()
	Hide()
}

// A maker adds a widget at the end of its parent's children, or of the menu,
// and calls clicked at each click on it.
type maker func(parent widget, kind Kind, clicked func()) widget

// A pool is a fixed row of widgets, of which the menu shows some. Widgets are
// never removed: a click that arrives while systray removes one ends the program.
type pool struct {
	make  maker
	click func(Action)
	slots []*slot
}

// places is the order of kinds that a menu's items must keep to.
func places() (kinds []Kind) {
	add := func(n int, k Kind) {
		for range n {
			kinds = append(kinds, k)
		}
	}
	add(1+maxProblems, Line)
	add(maxSignIns, Button)
	add(1, Separator)
	add(MaxSessions, Submenu)
	add(1, Line)
	add(1, Separator)
	add(1, Checkbox)
	add(1, Button)
	return kinds
}

// placesInSession is the same inside a submenu.
func placesInSession() (kinds []Kind) {
	for range maxReasons {
		kinds = append(kinds, Line)
	}
	return append(kinds, Checkbox, Button, Button, Button)
}

func newPool(m maker, click func(Action)) *pool {
	p := &pool{make: m, click: click}
	p.slots = p.fill(nil, places())
	return p
}

func (p *pool) fill(parent widget, kinds []Kind) []*slot {
	var slots []*slot
	for _, kind := range kinds {
		s := &slot{pool: p, kind: kind}
		s.widget = p.make(parent, kind, s.clicked)
		s.hide()
		slots = append(slots, s)
	}
	return slots
}

// show makes the widgets look like the items.
func (p *pool) show(items []Item) error { return place(p.slots, items) }

// place gives each item the next widget of its kind.
func place(slots []*slot, items []Item) error {
	for _, item := range items {
		for len(slots) > 0 && slots[0].kind != item.Kind {
			slots[0].hide()
			slots = slots[1:]
		}
		if len(slots) == 0 {
			return fmt.Errorf("the menu has no place for %q", item.Title)
		}
		if err := slots[0].show(item); err != nil {
			return err
		}
		slots = slots[1:]
	}
	for _, s := range slots {
		s.hide()
	}
	return nil
}

// A slot is one widget and what it shows.
type slot struct {
	pool     *pool
	kind     Kind
	widget   widget
	children []*slot // made when they are first needed

	mu     sync.Mutex // guards what follows; show is called by one goroutine
	hidden bool
	now    Item
	moved  time.Time // when it became another session's
}
