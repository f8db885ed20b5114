//go:build !darwin || cgo

package tray

import (
	"context"
	"runtime"
	"sync"
	"time"

	"fyne.io/systray"

	"baissh/tray/icons"
)

// readyLimit is how long a desktop may take to take the icon. Windows does not at
// all when asked too early, at sign-in, and systray then waits for ever.
const readyLimit = 10 * time.Second

// Run shows the icon until ctx ends, the desktop session ends or somebody quits.
// It must be called by main's own goroutine, whose thread the desktop knows.
func (t *Tray) Run(ctx context.Context) error {
	lock, err := t.alone()
	if err != nil {
		return err
	}
	defer lock.Unlock()
	bus, err := joinDesktop()
	if err != nil {
		return err
	}
	defer bus.close()
	panels := bus.panels()
	ctx, cancel := context.WithCancel(ctx)
	opened := make(chan *shown, 1)
	var attending sync.WaitGroup
	defer attending.Wait()
	defer cancel()
	attending.Go(func() { t.attend(ctx, opened, func() { lock.Unlock() }) })
	attending.Go(func() { bus.hint(ctx, func(text string) { t.Log.Warn(text) }) })
	attending.Go(func() { bus.followPanels(ctx, panels) })
	attending.Go(func() { t.leave(ctx, bus) })
	if runtime.GOOS == "linux" {
		systray.SetTitle("baissh") // before all else, since panels know the icon by it
	}
	runSystray(func() {
		opened <- t.open(ctx, desktop())
	})
	return nil
}

// attend attends to what was opened, and takes the icon away when that is over.
func (t *Tray) attend(ctx context.Context, opened <-chan *shown, unlock func()) {
	select {
	case s := <-opened:
		s.attend(ctx)
		systray.Quit()
	case <-time.After(readyLimit):
		unlock()
		t.Stuck()
	case <-ctx.Done():
	}
}

// leave ends the tray with the desktop session.
func (t *Tray) leave(ctx context.Context, b *bus) {
	select {
	case <-b.left():
		t.Log.Info("the desktop session has ended, and the tray with it")
		systray.Quit()
	case <-ctx.Done():
	}
}

// runSystray survives that systray, if it never got a D-Bus, closes what it has not.
func runSystray(ready func()) {
	defer func() { _ = recover() }()
	systray.Run(ready, func() {})
}

func desktop() screen {
	return screen{
		add:     addWidget,
		tooltip: systray.SetTooltip,
		icon: func(s icons.State) {
			if template := icons.Template(s); template != nil {
				systray.SetTemplateIcon(template, icons.Picture(s))
				return
			}
			systray.SetIcon(icons.Picture(s))
		},
	}
}

func addWidget(parent widget, kind Kind, clicked func()) widget {
	if kind == Separator {
		systray.AddSeparator()
		return nil
	}
	item := newItem(parent, kind)
	go func() { // ends with the process; a click that nobody waits for is lost
		for range item.ClickedCh {
			clicked()
		}
	}()
	return item
}

func newItem(parent widget, kind Kind) *systray.MenuItem {
	above, below := parent.(*systray.MenuItem)
	switch {
	case below && kind == Checkbox:
		return above.AddSubMenuItemCheckbox("", "", false)
	case below:
		return above.AddSubMenuItem("", "")
	case kind == Checkbox:
		return systray.AddMenuItemCheckbox("", "", false)
	}
	return systray.AddMenuItem("", "")
}
