package settings

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/fsnotify/fsnotify"
)

// Watch calls changed whenever the settings file may have been changed, until
// ctx ends. The folder is watched, since editors replace files. A call is a
// hint: read the file again and compare.
func Watch(ctx context.Context, h Home, changed func()) error {
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
	for {
		select {
		case <-ctx.Done():
			return nil
		case event, ok := <-w.Events:
			if !ok {
				return nil
			}
			if filepath.Base(event.Name) == filepath.Base(h.SettingsFile()) {
				changed()
			}
		case _, ok := <-w.Errors:
			if !ok {
				return nil
			}
			changed() // events were lost, so look
		}
	}
}
