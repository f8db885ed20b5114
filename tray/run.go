package tray

import (
	"context"
	"os"
	"sync"
	"time"

	"baissh/proxy/state"
	"baissh/svc/control"
	"baissh/tray/icons"
)

// A screen is the desktop's side of a tray.
type screen struct {
	add     maker
	icon    func(icons.State)
	tooltip func(string)
}

// A shown tray is one that a screen has.
type shown struct {
	*Tray
	screen screen
	client *control.Client
	pool   *pool

	news   chan answer
	clicks chan Action
	done   chan error

	seen Seen
	last Menu
}

// An answer is the engine's, or the lack of one.
type answer struct {
	snapshot *state.Snapshot
	err      error
}

// open puts the menu onto the screen, as it is before the engine has answered.
func (t *Tray) open(ctx context.Context, on screen) *shown {
	s := &shown{
		Tray: t, screen: on, client: control.NewClient(t.Socket),
		news: make(chan answer), clicks: make(chan Action), done: make(chan error),
	}
	s.pool = newPool(on.add, func(a Action) { offer(ctx, s.clicks, a) })
	s.hear(answer{})
	s.refresh()
	return s
}

// attend shows what the engine says and does what is clicked, until ctx ends or
// somebody quits. It waits for what it started.
func (t *shown) attend(ctx context.Context) {
	ctx, cancel := context.WithCancel(ctx)
	var started sync.WaitGroup
	defer started.Wait()
	defer t.client.Close()
	defer cancel()
	opened := time.Now()
	started.Go(func() {
		follow(ctx, t.client.Status, func(s *state.Snapshot, err error) { offer(ctx, t.news, answer{s, err}) })
	})
	again := time.NewTimer(firstRepeat)
	defer again.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-again.C:
			t.last.Icon, t.last.Tooltip = "", ""
			if up := time.Since(opened); up < lastRepeat {
				again.Reset(up)
			}
		case a := <-t.news:
			t.hear(a)
		case a := <-t.clicks:
			if a.Do == Quit {
				return
			}
			now := t.seen
			started.Go(func() { offer(ctx, t.done, t.do(ctx, a, now)) })
		case t.seen.Trouble = <-t.done:
			t.complain()
		}
		t.refresh()
	}
}

// systray tells the desktop of the icon as it is before onReady has returned, and
// loses a change while it does so. So what is shown is said again, after one second,
// two, four and so on.
const (
	firstRepeat = time.Second
	lastRepeat  = 30 * time.Second
)

// hear takes an answer in.
func (t *shown) hear(a answer) {
	switch {
	case t.seen.Snapshot != nil && a.snapshot == nil:
		t.Log.Info("the engine does not answer", "error", a.err)
	case t.seen.Snapshot == nil && a.snapshot != nil:
		t.Log.Info("the engine answers", "version", a.snapshot.Version)
		t.seen.Trouble = nil // it may have been that none answered
	}
	_, err := os.Stat(t.Settings)
	t.seen.Snapshot, t.seen.Err = a.snapshot, a.err
	t.seen.SignedIn, t.seen.FileZilla = err == nil, findFileZilla() != nil
}

func (t *shown) complain() {
	if t.seen.Trouble != nil {
		t.Log.Error("do what was clicked", "error", t.seen.Trouble)
	}
}

// refresh brings the screen up to what is seen.
func (t *shown) refresh() {
	m := Make(t.seen)
	if m.Icon != t.last.Icon {
		t.screen.icon(m.Icon)
	}
	if m.Tooltip != t.last.Tooltip {
		t.screen.tooltip(m.Tooltip)
	}
	if err := t.pool.show(m.Items); err != nil {
		t.Log.Error("show the menu", "error", err)
	}
	t.last = m
}

// offer sends, unless nobody listens any more.
func offer[T any](ctx context.Context, to chan<- T, v T) {
	select {
	case to <- v:
	case <-ctx.Done():
	}
}
