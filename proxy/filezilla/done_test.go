package filezilla

import (
	"os"
	"testing"
	"time"

	"baissh/proxy/state"
)

// A Writer that had nothing to do looks no further than at its files' times. Whatever
// becomes of one of them is mended all the same.
func TestWhatBecomesOfAFileOfOldIsMended(t *testing.T) {
	onlyWithPuttyFile(t)
	w := newWriter(t, "")
	entries := []state.Entry{one}
	for _, change := range []func(path string) error{
		os.Remove,
		func(path string) error { return os.WriteFile(path, nil, 0o600) },
	} {
		for _, name := range []string{sitesFile, keysFile, ""} {
			w.Write(t.Context(), entries)
			rest(t, w, entries)
			path := w.puttyStore()
			if name != "" {
				path = w.file(name)
			}
			good := content(t, path)
			if err := change(path); err != nil {
				t.Fatal(err)
			}
			wantState(t, w.Write(t.Context(), entries), "written", "")
			wantText(t, path, good)
		}
	}
}

// rest lets an hour pass over the files.
func rest(t *testing.T, w *Writer, entries []state.Entry) {
	t.Helper()
	long := time.Now().Add(-time.Hour)
	for path := range tree(t, w.Home) {
		if err := os.Chtimes(path, long, long); err != nil {
			t.Fatal(err)
		}
	}
	wantState(t, w.Write(t.Context(), entries), "written", "")
	if !w.done.still(w.settingsDir(), entries) {
		t.Fatal("it goes on working, and nothing has changed")
	}
}
