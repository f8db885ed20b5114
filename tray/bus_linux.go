package tray

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"os"
	"time"

	"github.com/godbus/dbus/v5"

	"baissh/proxy/state"
)

// A bus is the D-Bus of a desktop session. The connection is our own: systray's
// would not tell that the bus has gone.
type bus struct{ conn *dbus.Conn }

func joinDesktop() (*bus, error) {
	conn, err := dbus.SessionBusPrivateNoAutoStartup()
	if err == nil {
		if err = conn.Auth(nil); err == nil {
			err = conn.Hello()
		}
		if err != nil {
			conn.Close()
		}
	}
	if err != nil {
		return nil, (&state.Problem{
			Code: state.Unreachable, Fact: "there is no desktop session here, for want of a D-Bus",
			Hint: "start the tray from your desktop; without one, use: baissh status",
		}).Because(err)
	}
	return &bus{conn}, nil
}

// left is closed when the desktop session is over.
func (b *bus) left() <-chan struct{} { return b.conn.Context().Done() }

func (b *bus) close() { b.conn.Close() }

// panelPatience is for panels that start after the tray.
const panelPatience = 5 * time.Second

const watcher = "org.kde.StatusNotifierWatcher"

// hint says once what to do where nobody shows icons. systray goes on trying.
func (b *bus) hint(ctx context.Context, say func(string)) {
	rest(ctx, panelPatience)
	if ctx.Err() == nil && !b.iconsAreShown(ctx) {
		say("no panel of this desktop shows tray icons; on GNOME install the extension AppIndicator, or use: baissh status")
	}
}

func (b *bus) iconsAreShown(ctx context.Context) bool {
	var there dbus.Variant
	err := b.property(ctx, "IsStatusNotifierHostRegistered", &there)
	shown, ok := there.Value().(bool)
	return err == nil && shown && ok
}

func (b *bus) panel() dbus.BusObject { return b.conn.Object(watcher, "/StatusNotifierWatcher") }

// property asks the panel, and starts none.
func (b *bus) property(ctx context.Context, name string, into *dbus.Variant) error {
	return b.panel().CallWithContext(ctx, "org.freedesktop.DBus.Properties.Get", dbus.FlagNoAutoStart, watcher, name).Store(into)
}

// desktopSession tells sessions apart that share a runtime folder.
func desktopSession() string {
	sum := sha256.Sum256([]byte(os.Getenv("DBUS_SESSION_BUS_ADDRESS")))
	return "-" + hex.EncodeToString(sum[:4])
}
