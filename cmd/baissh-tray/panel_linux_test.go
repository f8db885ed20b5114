package main

import (
	"errors"
	"slices"
	"strings"

	"github.com/godbus/dbus/v5"
	"github.com/godbus/dbus/v5/prop"
)

const (
	watcherName = "org.kde.StatusNotifierWatcher"
	watcherPath = "/StatusNotifierWatcher"
	itemName    = "org.kde.StatusNotifierItem"
	menuName    = "com.canonical.dbusmenu"
)

// A panel is the least that shows icons: it lets them register, and reads and
// clicks their menus as a panel does, by D-Bus.
type panel struct {
	*desk
	conn  *dbus.Conn
	said  *prop.Properties
	miss  int // so many that register are as if they had not
	items chan dbus.BusObject
	item  dbus.BusObject
}

func (d *desk) openPanel() *panel {
	d.Helper()
	return d.openPanelThatMisses(0)
}

func (d *desk) openPanelThatMisses(items int) *panel {
	d.Helper()
	p := &panel{desk: d, miss: items, items: make(chan dbus.BusObject, 8)}
	var err error
	if p.conn, err = dbus.Connect(d.bus()); err != nil {
		d.Fatal(err)
	}
	d.Cleanup(p.close)
	properties := prop.Map{watcherName: {
		"IsStatusNotifierHostRegistered": {Value: true},
		"ProtocolVersion":                {Value: int32(0)},
		"RegisteredStatusNotifierItems":  {Value: []string{}},
	}}
	if p.said, err = prop.Export(p.conn, watcherPath, properties); err != nil {
		d.Fatal(err)
	}
	if err := p.conn.Export(registrar{p}, watcherPath, watcherName); err != nil {
		d.Fatal(err)
	}
	if reply, err := p.conn.RequestName(watcherName, dbus.NameFlagDoNotQueue); err != nil || reply != dbus.RequestNameReplyPrimaryOwner {
		d.Fatalf("become the panel: %v, %v", reply, err)
	}
	return p
}

// bus is the address of the desk's D-Bus.
func (d *desk) bus() string {
	for _, pair := range slices.Backward(d.env) {
		if address, ok := strings.CutPrefix(pair, "DBUS_SESSION_BUS_ADDRESS="); ok {
			return address
		}
	}
	return ""
}

func (p *panel) close() { _ = p.conn.Close() }

// A registrar has the panel's methods for others to call.
type registrar struct{ panel *panel }

// An item registers by its path, or by its name at the bus.
func (r registrar) RegisterStatusNotifierItem(item string, sender dbus.Sender) *dbus.Error {
	name, path := string(sender), item
	if !strings.HasPrefix(item, "/") {
		name, path = item, "/StatusNotifierItem"
	}
	if r.panel.miss > 0 {
		r.panel.miss--
		return nil
	}
	r.panel.said.SetMust(watcherName, "RegisteredStatusNotifierItems", []string{name + path})
	r.panel.items <- r.panel.conn.Object(name, dbus.ObjectPath(path))
	return nil
}

// registered waits for an icon.
func (p *panel) registered() {
	p.Helper()
	p.eventually("an icon registers", func() bool {
		select {
		case p.item = <-p.items:
			return true
		default:
			return false
		}
	})
}

func (p *panel) property(name string) any {
	v, err := p.item.GetProperty(itemName + "." + name)
	if err != nil {
		return err
	}
	return v.Value()
}

// A row is an item of the menu that can be seen.
type row struct {
	id       int32
	title    string
	enabled  bool
	checked  bool
	children []row
}

// layout is what GetLayout answers.
type layout struct {
	ID         int32
	Properties map[string]dbus.Variant
	Children   []dbus.Variant
}

func (p *panel) menu() []row {
	p.Helper()
	var revision uint32
	var top layout
	err := p.menuObject().Call(menuName+".GetLayout", 0, int32(0), int32(-1), []string{}).Store(&revision, &top)
	if err != nil {
		p.Log(err)
		return nil
	}
	return p.rows(top)
}

func (p *panel) menuObject() dbus.BusObject {
	path, _ := p.property("Menu").(dbus.ObjectPath)
	return p.conn.Object(p.item.Destination(), path)
}

func (p *panel) rows(of layout) (list []row) {
	p.Helper()
	for _, child := range of.Children {
		var l layout
		if err := dbus.Store([]any{child.Value()}, &l); err != nil {
			p.Fatal(err)
		}
		if visible, ok := l.Properties["visible"].Value().(bool); ok && !visible {
			continue
		}
		title, _ := l.Properties["label"].Value().(string)
		if kind, _ := l.Properties["type"].Value().(string); kind == "separator" {
			title = "---"
		}
		enabled, known := l.Properties["enabled"].Value().(bool)
		list = append(list, row{
			id: l.ID, title: plain(title), enabled: enabled || !known,
			checked: l.Properties["toggle-state"].Value() == int32(1), children: p.rows(l),
		})
	}
	return list
}

// plain is a title as it is seen: "__" is an underscore, a single one would
// underline the next letter.
func plain(title string) string {
	return strings.ReplaceAll(strings.ReplaceAll(strings.ReplaceAll(title, "__", "\x00"), "_", ""), "\x00", "_")
}

// find follows the beginnings of titles down the menu.
func find(rows []row, path ...string) (row, bool) {
	for _, r := range rows {
		if !strings.HasPrefix(r.title, path[0]) {
			continue
		}
		if len(path) == 1 {
			return r, true
		}
		return find(r.children, path[1:]...)
	}
	return row{}, false
}

// sees waits for a row that is as it should be.
func (p *panel) sees(good func(row) bool, path ...string) (found row) {
	p.Helper()
	defer func() {
		if p.Failed() {
			p.Logf("the menu: %+v", p.menu())
		}
	}()
	p.eventually(strings.Join(path, " > "), func() bool {
		r, ok := find(p.menu(), path...)
		found = r
		return ok && (good == nil || good(r))
	})
	return found
}

func (p *panel) click(path ...string) {
	p.Helper()
	if err := p.tryClick(path...); err != nil {
		p.Fatal(err)
	}
}

// quit clicks on Quit. A tray that does so may be gone before it answers.
func (p *panel) quit() {
	p.Helper()
	err := p.tryClick("Quit (connections stay)")
	var told dbus.Error
	if err != nil && !(errors.As(err, &told) && told.Name == "org.freedesktop.DBus.Error.NoReply") {
		p.Fatal(err)
	}
}

func (p *panel) tryClick(path ...string) error {
	p.Helper()
	r := p.sees(func(r row) bool { return r.enabled }, path...)
	return p.menuObject().Call(menuName+".Event", 0, r.id, "clicked", dbus.MakeVariant(int32(0)), uint32(0)).Err
}
