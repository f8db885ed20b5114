package filezilla

import (
	"context"
	"os"
	"path/filepath"

	"baissh/proxy/state"
)

// writeSites needs FileZilla's lock only if there is something to write.
func (w *Writer) writeSites(ctx context.Context, dir string, entries []state.Entry, r *report) error {
	var taken state.Refusals
	err := w.rewrite(ctx, dir, siteManager, sitesRewrite(dir, entries, &taken))
	r.taken(taken)
	return err
}

// sitesRewrite is for entries that were accepted. It leaves in taken those whose
// name is a site of the user's.
func sitesRewrite(dir string, entries []state.Entry, taken *state.Refusals) rewrite {
	return rewrite{filepath.Join(dir, sitesFile), func(old []byte) ([]byte, error) {
		text, theirs, err := spliceSites(old, entries)
		*taken = theirs
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
