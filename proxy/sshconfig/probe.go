package sshconfig

import (
	"context"
	"os"
	"time"
)

// A programID tells one build of ssh from the next at the same path.
type programID struct {
	path string
	size int64
	time time.Time
}

// knowsWeakCrypto asks each build once. An answer that did not come is not
// remembered, and counts as no.
func (w *Writer) knowsWeakCrypto(ctx context.Context, program string) bool {
	id := programID{path: program}
	if info, err := os.Stat(program); err == nil {
		id.size, id.time = info.Size(), info.ModTime()
	}
	if known, asked := w.probed[id]; asked {
		return known
	}
	_, err := w.ask(ctx, program, "-F", "none", "-o", "WarnWeakCrypto=no-pq-kex", "-G", probeName)
	if err != nil && !complains(err) {
		return false
	}
	if w.probed == nil {
		w.probed = map[programID]bool{}
	}
	w.probed[id] = err == nil
	return err == nil
}
