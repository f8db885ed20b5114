package filezilla

import (
	"bytes"
	"context"
	"errors"

	"baissh/proxy/state"
)

// A Change is a file as it is and as Write would leave it. On Windows one may
// be a part of the registry, a value a line.
type Change struct {
	Path     string
	Old, New []byte
}

// Preview returns what Write would change, and changes nothing. The error says
// what Write would leave out or not do; the changes are right beside it.
func (w *Writer) Preview(ctx context.Context, entries []state.Entry) ([]Change, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	dir, here := w.place()
	if w.Off || !here {
		return nil, nil
	}
	good, bad := accept(entries)
	var taken state.Refusals
	changes, err := w.previewKeys(ctx, dir, pins(good))
	changes, errSites := add(changes, sitesRewrite(dir, good, &taken))
	return changes, errors.Join(err, errSites, append(bad, taken...).OrNil())
}

func (w *Writer) previewKeys(ctx context.Context, dir string, want []pin) ([]Change, error) {
	m := w.recall()
	putty, own := w.share(ctx, dir, want)
	var list []Change
	old, err := w.readPutty()
	if err != nil {
		return nil, err
	}
	if text := splicePutty(old, putty, without(m.Putty, putty)); !bytes.Equal(old, text) {
		list = append(list, Change{w.puttyStore(), old, text})
	}
	return add(list, keysRewrite(dir, own, without(m.HostKeys, own)))
}

func add(list []Change, r rewrite) ([]Change, error) {
	old, err := read(r.path)
	if err != nil {
		return list, err
	}
	text, err := r.splice(old)
	if err != nil || bytes.Equal(old, text) {
		return list, err
	}
	return append(list, Change{r.path, old, text}), nil
}
