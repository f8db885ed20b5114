package filezilla

import (
	"context"
	"errors"
	"os"
	"path/filepath"

	"baissh/proxy/state"
)

// writeSites needs FileZilla's lock only if there is something to write.
func (w *Writer) writeSites(ctx context.Context, dir string, entries []Entry, r *report) error {
	var bad state.Refusals
	sites := sitesRewrite(dir, entries, &bad)
	err := w.rewrite(ctx, dir, siteManager, sites)
	r.taken(bad)
	return err
}

func sitesRewrite(dir string, entries []Entry, bad *state.Refusals) rewrite {
	return rewrite{filepath.Join(dir, sitesFile), func(old []byte) ([]byte, error) {
		*bad = nil
		text, err := Splice(old, entries)
		if errors.As(err, bad) {
			return text, nil
		}
		return text, err
	}}
}

func (w *Writer) rewrite(ctx context.Context, dir string, m mutex, r rewrite) error {
	if !r.due() {
		return nil
	}
	if err := w.makeDir(dir); err != nil {
		return err
	}
	return locked(ctx, dir, m, r.do)
}

// makeDir is for a FileZilla that never ran, which makes the same folder.
func (w *Writer) makeDir(dir string) error {
	if isDir(dir) {
		return nil
	}
	m := w.recall()
	m.made(dir)
	if err := w.remember(m); err != nil {
		return err
	}
	return os.MkdirAll(dir, 0o700)
}
