package install

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
)

var forms = map[string]file{"unit": {open: "# "}, "plist": {open: "<!-- ", close: " -->"}}

func TestOnlyOursIsRead(t *testing.T) {
	for name, f := range forms {
		f.path = filepath.Join(t.TempDir(), "below", name)
		ours := f.signed("one\ntwo\n")
		if err := f.write(ours); err != nil {
			t.Fatal(err)
		}
		if got, err := f.read(); err != nil || got != ours {
			t.Errorf("%s: read() = %q, %v, want what was written", name, got, err)
		}
		for what, text := range map[string]string{
			"written by hand": "one\ntwo\n", "empty": "", "edited": "one more\n" + ours, "cut": ours[:len(ours)-10], "longer": ours + "three\n",
		} {
			if err := os.WriteFile(f.path, []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
			var foreign *ForeignError
			if _, err := f.read(); !errors.As(err, &foreign) || foreign.File != f.path {
				t.Errorf("%s, %s: read() fails with %v, want a ForeignError", name, what, err)
			}
		}
		if err := f.remove(); err != nil {
			t.Fatal(err)
		}
		if got, err := f.read(); err != nil || got != "" {
			t.Errorf("%s, no file: read() = %q, %v, want nothing", name, got, err)
		}
	}
}
