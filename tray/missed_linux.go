package tray

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/godbus/dbus/v5"
)

// missedTime is how long a panel and systray have to find each other.
const missedTime = time.Second

// panels tells of those that come. It has to begin before systray does, which looks for a
// panel first and listens afterwards: of one that comes in between it never hears.
func (b *bus) panels() <-chan *dbus.Signal {
	came := make(chan *dbus.Signal, 8)
	b.conn.Signal(came)
	_ = b.conn.AddMatchSignal( // without it there is systray alone
		dbus.WithMatchSender("org.freedesktop.DBus"),
		dbus.WithMatchInterface("org.freedesktop.DBus"),
		dbus.WithMatchMember("NameOwnerChanged"),
		dbus.WithMatchArg(0, watcher),
	)
	return came
}

// followPanels gives the icon to each panel that systray has missed, until ctx or the
// desktop session ends.
func (b *bus) followPanels(ctx context.Context, came <-chan *dbus.Signal) {
	for {
		rest(ctx, missedTime)
		b.registerMissed(ctx)
		select {
		case signal := <-came:
			if signal == nil {
				return
			}
		case <-ctx.Done():
			return
		}
	}
}

// registerMissed does so for the item that systray has at the bus, if that is not known to
// the panel. Panels list items by the name of the connection, or of the item.
func (b *bus) registerMissed(ctx context.Context) {
	item := fmt.Sprintf("org.kde.StatusNotifierItem-%d-1", os.Getpid())
	var connection string
	if b.conn.BusObject().CallWithContext(ctx, "org.freedesktop.DBus.GetNameOwner", 0, item).Store(&connection) != nil {
		return
	}
	known, err := b.items(ctx)
	isOurs := func(known string) bool { // a path may come after the name
		name := strings.FieldsFunc(known, func(r rune) bool { return r == '/' || r == '@' })
		return len(name) > 0 && (name[0] == item || name[0] == connection)
	}
	if err != nil || slices.ContainsFunc(known, isOurs) {
		return
	}
	b.panel().CallWithContext(ctx, watcher+".RegisterStatusNotifierItem", dbus.FlagNoAutoStart, item)
}

// items are those that the panel knows.
func (b *bus) items(ctx context.Context) (known []string, err error) {
	var value dbus.Variant
	err = b.property(ctx, "RegisteredStatusNotifierItems", &value)
	if err == nil {
		err = value.Store(&known)
	}
	return known, err
}
