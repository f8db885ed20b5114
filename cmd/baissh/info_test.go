package main

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"baissh/proxy/backendai/backendaitest"
)

// What info tells to type works as it stands.
func TestInfoSaysWhatToType(t *testing.T) {
	need(t, "ssh")
	w := newWorld(t, backendaitest.Options{}, demoSpec)
	w.ready("bai-demo")
	info := w.baissh("", "info", "bai-demo")
	typed := func(row string) []string {
		found := regexp.MustCompile(`(?m)^` + row + ` {2,}(.*)$`).FindStringSubmatch(info)
		if found == nil {
			t.Fatalf("no %s in\n%s", row, info)
		}
		return strings.Fields(found[1])
	}
	shell := typed("shell")
	w.good(w.program(nil, shell[0], append(shell[1:], "true")...))

	want := w.there("PATH", 1<<20)
	back := filepath.Join(w.home.Dir, "back")
	w.baissh("", append(typed("large files")[1:], back)...) // which names the home twice
	if got, err := os.ReadFile(back); err != nil || !bytes.Equal(got, want) {
		t.Errorf("%d bytes of %d came, or others: %v", len(got), len(want), err)
	}
}
