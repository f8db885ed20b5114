package proxy

import (
	"context"
	"time"

	"baissh/proxy/settings"
	"baissh/proxy/sshconfig"
)

func (e *Engine) watchSettings(ctx context.Context) {
	err := settings.Watch(ctx, e.Home, func() { e.post(ctx, e.readSettings) })
	if err != nil {
		e.Log.Warn("settings are not watched; use \"baissh reload\" after a change", "error", err)
	}
}

// watchWriter makes a turn when a writer's files may be written again.
func (e *Engine) watchWriter(ctx context.Context, w writer) {
	if err := w.Watch(ctx, func() { e.nudge(func() {}) }); err != nil {
		e.Log.Warn("another program's files are not watched", "error", err)
	}
}

// readSettings takes over the settings file. With one that is broken, gone or
// suddenly empty, what held before goes on to hold; with a broken profile, what held
// of that.
func (e *Engine) readSettings() {
	s, err := settings.Load(e.Home)
	good := settings.Usable(err)
	if good && len(s.Profiles) == 0 && len(e.settings.Profiles) > 0 && !e.emptied {
		// Somebody is writing the file, perhaps. If not, it says the same later.
		e.emptied = true
		time.AfterFunc(emptyPause, func() { e.nudge(e.readSettings) })
		return
	}
	e.emptied = false
	e.settingsErr = err
	if good {
		e.settings, e.settled = s.Keeping(e.settings), true
		e.ssh.Mode = sshconfig.Mode(s.SSH.Write)
		e.switchFileZilla(s.FileZilla.Write)
		e.others.Store(s.OtherUsers)
		e.pace.Store(s.Pace)
	}
}

// emptyPause is how long settings without a profile must stay so to be believed.
const emptyPause = 2 * time.Second
