package sshconfig

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"baissh/proxy/atomicfile"
)

// Undo takes our line out of the user's config, keeping all edits that came
// after it, and removes our files. The backup stays, for a person. A line that
// cannot be taken out does no harm: ssh passes over a missing file.
func (w *Writer) Undo(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	keys, err := w.KeyFiles()
	return errors.Join(w.undoInclude(), err, w.removeKeys(keys, nil), w.removeFolder())
}

func (w *Writer) undoInclude() error {
	old, err := readConfig(w.Dir.Config())
	if err != nil {
		return err
	}
	text, err := RemoveInclude(old)
	if err != nil || bytes.Equal(old, text) {
		return err
	}
	if len(text) == 0 && w.madeConfig() {
		return os.Remove(w.Dir.Config())
	}
	return w.swapConfig(old, text)
}

// madeConfig reports whether there was no config before us: then there is no
// backup of one, and no link to one.
func (w *Writer) madeConfig() bool {
	_, backup := os.Lstat(w.Dir.Backup())
	config, err := os.Lstat(w.Dir.Config())
	return errors.Is(backup, fs.ErrNotExist) && err == nil && config.Mode().IsRegular()
}

// removeFolder removes our files by name. A folder that holds anything else is
// left with it.
func (w *Writer) removeFolder() error {
	var errs []error
	for _, path := range []string{w.Dir.BaiConfig(), w.Dir.KnownHosts(), w.Dir.added(), w.Dir.candidate()} {
		errs = append(errs, gone(os.Remove(path)))
	}
	files, _ := os.ReadDir(w.Dir.Bai())
	for _, f := range files {
		if f.Type().IsRegular() && atomicfile.IsTemp(f.Name()) {
			errs = append(errs, gone(os.Remove(filepath.Join(w.Dir.Bai(), f.Name()))))
		}
	}
	_ = os.Remove(w.Dir.Keys())
	_ = os.Remove(w.Dir.Bai())
	return errors.Join(errs...)
}
