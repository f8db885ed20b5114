package filezilla

import (
	"bytes"
	"context"
	"errors"
	"path/filepath"
)

// writeKeys makes the stores that the FileZilla of this machine reads hold the
// pins, and the other one nothing of ours.
func (w *Writer) writeKeys(ctx context.Context, dir string, want []pin) error {
	m := w.recall()
	puttyPins, ownPins := w.share(ctx, dir, want)
	both := memory{union(m.Putty, puttyPins), union(m.HostKeys, ownPins), m.Made}
	if len(puttyPins) > 0 {
		both.made(puttyMade(w)...)
	}
	if err := w.remember(both); err != nil {
		return err
	}
	err := errors.Join(
		w.writePutty(puttyPins, without(m.Putty, puttyPins)),
		w.rewrite(ctx, dir, hostKeyStore, keysRewrite(dir, ownPins, without(m.HostKeys, ownPins))))
	if err != nil {
		return err
	}
	return w.remember(memory{puttyPins, ownPins, w.recall().Made})
}

// share gives each store the pins that it is to hold.
func (w *Writer) share(ctx context.Context, dir string, want []pin) (putty, own []pin) {
	if len(want) == 0 {
		return nil, nil
	}
	inPutty, inOwn := stores(w.version(ctx, dir), hasOwn(dir))
	if inPutty {
		putty = want
	}
	if inOwn {
		own = want
	}
	return putty, own
}

// hasOwn reports whether FileZilla has a hostkeys.xml that is not just ours:
// one that we made for a FileZilla which turned out to be older goes again.
func hasOwn(dir string) bool {
	text, err := read(filepath.Join(dir, keysFile))
	return err != nil || len(text) > 0 && !bytes.Contains(text, []byte("<FileZilla3>"+noteMade))
}

func keysRewrite(dir string, want, stale []pin) rewrite {
	return rewrite{filepath.Join(dir, keysFile), func(old []byte) ([]byte, error) {
		return spliceHostKeys(old, want, stale)
	}}
}
