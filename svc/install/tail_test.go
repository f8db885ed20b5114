package install

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"
)

func TestTail(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	if err := tail(t.Context(), io.Discard, path, 2, false); !errors.Is(err, ErrNoLog) {
		t.Errorf("before there is a log: %v", err)
	}
	for _, c := range []struct {
		text  string
		lines int
		want  string
	}{
		{"", 2, ""},
		{"one\n", 0, ""},
		{"one\n", 2, "one\n"},
		{"one\ntwo\nthree\n", 2, "two\nthree\n"},
		{"one\ntwo\nthree", 2, "two\nthree"},
		{"\n\n\n", 2, "\n\n"},
	} {
		if err := os.WriteFile(path, []byte(c.text), 0o600); err != nil {
			t.Fatal(err)
		}
		var out bytes.Buffer
		if err := tail(t.Context(), &out, path, c.lines, false); err != nil || out.String() != c.want {
			t.Errorf("tail(%q, %d) = %q, %v, want %q", c.text, c.lines, out.String(), err, c.want)
		}
	}
}

func TestTailGoesOnWithTheNextFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	ctx, stop := context.WithCancel(t.Context())
	r, w := io.Pipe()
	ended := make(chan error, 1)
	go func() { ended <- tail(ctx, w, path, 10, true) }()
	shown := bufio.NewScanner(r)
	for _, want := range []string{"the first file", "next"} {
		os.Remove(path)
		if err := os.WriteFile(path, []byte(want+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		if !shown.Scan() || shown.Text() != want {
			t.Errorf("got %q, want %q", shown.Text(), want)
		}
	}
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}
