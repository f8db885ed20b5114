package tray

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"baissh/proxy/state"
)

// A fakeMenu is a desktop's menu that counts what is done to it.
type fakeMenu struct {
	items   []*fakeItem
	changes int
}

type fakeItem struct {
	menu                     *fakeMenu
	parent                   widget
	title                    string
	hidden, disabled, ticked bool
	clicked                  func()
}

func (m *fakeMenu) add(parent widget, kind Kind, clicked func()) widget {
	item := &fakeItem{menu: m, parent: parent, clicked: clicked}
	m.items = append(m.items, item)
	return item
}

func (i *fakeItem) SetTitle(s string) { i.title = s; i.menu.changes++ }
func (i *fakeItem) Enable()           { i.disabled = false; i.menu.changes++ }
func (i *fakeItem) Disable()          { i.disabled = true; i.menu.changes++ }
func (i *fakeItem) Check()            { i.ticked = true; i.menu.changes++ }
func (i *fakeItem) Uncheck()          { i.ticked = false; i.menu.changes++ }
func (i *fakeItem) Show()             { i.hidden = false; i.menu.changes++ }
func (i *fakeItem) Hide()             { i.hidden = true; i.menu.changes++ }

// visible are the titles that can be seen.
func (m *fakeMenu) visible() (titles []string) {
	for _, i := range m.items {
		above, _ := i.parent.(*fakeItem)
		if !i.hidden && (above == nil || !above.hidden) && i.title != "" {
			titles = append(titles, i.title)
		}
	}
	return titles
}

func (m *fakeMenu) item(title string) *fakeItem {
	for _, i := range m.items {
		if i.title == title && !i.hidden {
			return i
		}
	}
	return nil
}

func TestOnlyWhatDiffersIsTouched(t *testing.T) {
	var m fakeMenu
	p := newPool(m.add, nil)
	show := func(seen Seen) int {
		t.Helper()
		before := m.changes
		if err := p.show(Make(seen).Items); err != nil {
			t.Fatal(err)
		}
		return m.changes - before
	}
	show(of(ready, failed))
	if n := show(of(ready, failed)); n != 0 {
		t.Errorf("the same menu took %d changes", n)
	}
	moved := ready
	moved.Port++
	if n := show(of(moved, failed)); n != 1 {
		t.Errorf("another port took %d changes, want that of a title", n)
	}
	widgets := len(m.items)
	show(Seen{SignedIn: true})
	want := []string{"baissh is not running", "Start baissh", "No sessions to show", "Enable new sessions automatically", "Quit (connections stay)"}
	got := m.visible()
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("seen are %q, want %q", got, want)
	}
	show(of(ready, failed))
	if len(m.items) != widgets {
		t.Errorf("there are %d widgets, %d before", len(m.items), widgets)
	}
}

// Who clicks a row that became another session's a moment ago meant the old one.
func TestAClickIsNeverTakenForAnotherSession(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var m fakeMenu
		var clicks []Action
		p := newPool(m.add, func(a Action) { clicks = append(clicks, a) })
		second := ready
		second.SessionID, second.Name, second.Alias = "9", "a-new-one", "bai-a-new-one"
		for _, hosts := range [][]state.Host{{ready}, {second, ready}} {
			if err := p.show(Make(of(hosts...)).Items); err != nil {
				t.Fatal(err)
			}
		}
		time.Sleep(settle - 1)
		m.item("Copy “ssh bai-a-new-one”").clicked()
		if len(clicks) != 0 {
			t.Errorf("a click right after the change did %+v", clicks)
		}
		m.item("Copy “ssh bai-demo”").clicked() // whose row is new
		if len(clicks) != 1 || clicks[0].Alias != "bai-demo" {
			t.Errorf("the click did %+v", clicks)
		}
		time.Sleep(time.Nanosecond)
		m.item("Copy “ssh bai-a-new-one”").clicked()
		if len(clicks) != 2 || clicks[1].Alias != "bai-a-new-one" {
			t.Errorf("a click on what has been seen did %+v", clicks)
		}
	})
}

func TestHiddenAndDisabledRowsTakeNoClicks(t *testing.T) {
	var m fakeMenu
	p := newPool(m.add, func(a Action) { t.Errorf("a click did %+v", a) })
	if err := p.show(Make(Seen{SignedIn: true}).Items); err != nil {
		t.Fatal(err)
	}
	m.item("Enable new sessions automatically").clicked()
	quit := m.item("Quit (connections stay)")
	if err := p.show(nil); err != nil {
		t.Fatal(err)
	}
	quit.clicked()
}

func TestWhatHasNoPlaceIsSaid(t *testing.T) {
	p := newPool(new(fakeMenu).add, nil)
	if err := p.show([]Item{{Kind: Separator}, {Kind: Separator}, {Kind: Separator}}); err == nil {
		t.Error("a third separator had a place")
	}
}
