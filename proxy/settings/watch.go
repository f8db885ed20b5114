package settings

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/fsnotify/fsnotify"

	"baissh/proxy/folders"
)

// watchPause is how long a file is left alone after a change: editors empty it,
// or take it away, before they write it anew.
const watchPause = 300 * time.Millisecond

// Watch calls changed some time after the settings file may have been changed,
// until ctx ends. The folder is watched, since editors replace files. A call is a
// hint: read the file again and compare.
func Watch(ctx context.Context, h folders.Home, changed func()) error {
	if err := os.MkdirAll(h.Config, 0o700); err != nil {
		return fmt.Errorf("watch the settings: %w", err)
	}
	w, err := fsnotify.NewWatcher()
	if err != nil {
		return fmt.Errorf("watch the settings: %w", err)
	}
	defer w.Close()
	if err := w.Add(h.Config); err != nil {
		return fmt.Errorf("watch the settings: %w", err)
	}
	pause := time.NewTimer(watchPause)
	pause.Stop()
	defer pause.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-pause.C:
			changed()
		case event, ok := <-w.Events:
			if !ok {
				return nil
			}
			if filepath.Base(event.Name) == filepath.Base(h.SettingsFile()) {
				pause.Reset(watchPause)
			}
		case _, ok := <-w.Errors:
			if !ok {
				return nil
			}
			pause.Reset(watchPause) // events were lost, so look
		}
	}
}
