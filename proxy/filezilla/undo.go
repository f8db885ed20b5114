package filezilla

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
)

// Undo takes out our sites and host keys and nothing else, and what we made and
// nobody uses. It fails while the Site Manager is open: close it, and try again.
func (w *Writer) Undo(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.wait.set(false)
	dir := w.settingsDir()
	err := w.writeKeys(ctx, dir, nil)
	if err = errors.Join(err, w.writeSites(ctx, dir, nil, &report{})); err != nil {
		return err
	}
	return w.removeMade(dir)
}

// removeMade removes folders of ours that are empty, the inner ones first.
func (w *Writer) removeMade(dir string) error {
	made := w.recall().Made
	if slices.Contains(made, dir) {
		removeLockfile(dir)
	}
	for _, path := range slices.Backward(made) {
		if isDir(path) {
			_ = os.Remove(path)
		}
	}
	return gone(os.Remove(w.Memory))
}

// removeLockfile removes the lock file from a folder that we made and that no
// FileZilla has used: it is in use where there is anything else.
func removeLockfile(dir string) {
	names, err := os.ReadDir(dir)
	if err == nil && len(names) == 1 && names[0].Name() == "lockfile" {
		_ = os.Remove(filepath.Join(dir, "lockfile"))
	}
}
