package filezilla

import (
	"context"
	"fmt"
	"path/filepath"
	"time"

	"github.com/fsnotify/fsnotify"
)

// settle is how long FileZilla's files are left alone after a change: it writes
// one in several steps.
const settle = 300 * time.Millisecond

// Watch calls changed when it may be worth to call Write again: a wait may be
// over, FileZilla has written its files, or it has come to this machine. It
// returns when ctx ends.
func (w *Writer) Watch(ctx context.Context, changed func()) error {
	notify, err := fsnotify.NewWatcher()
	if err != nil {
		return fmt.Errorf("watch FileZilla's settings: %w", err)
	}
	defer notify.Close()
	settled := time.NewTimer(settle)
	settled.Stop()
	defer settled.Stop()
	dir := w.follow(notify)
	for {
		select {
		case <-ctx.Done():
			return nil
		case event, ok := <-notify.Events:
			if ok && watched(event.Name) {
				settled.Reset(settle)
			}
		case <-notify.Errors: // events were lost, so look
			settled.Reset(settle)
		case <-settled.C:
			changed()
		case <-w.wait.news():
		case <-time.After(w.pause()):
			was := dir
			if dir = w.follow(notify); dir != was || w.waitIsOver(dir) {
				changed()
			}
		}
	}
}

// follow watches the settings folder, also one that was made anew, and returns
// it; "" while there is none.
func (w *Writer) follow(notify *fsnotify.Watcher) string {
	if dir := w.settingsDir(); notify.Add(dir) == nil {
		return dir
	}
	return ""
}

// watched names the files that we write to or that decide on it.
func watched(path string) bool {
	switch filepath.Base(path) {
	case sitesFile, keysFile, defaultsFile, "filezilla.xml":
		return true
	}
	return false
}
