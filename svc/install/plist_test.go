package install

import (
	"encoding/xml"
	"errors"
	"io"
	"os"
	"slices"
	"strings"
	"testing"
)

func TestPlist(t *testing.T) {
	want, err := os.ReadFile("testdata/agent.plist")
	if err != nil {
		t.Fatal(err)
	}
	got := forms["plist"].signed(Plist("/opt/baissh/bin/baissh", "/Users/alice/Library/Logs/baissh.log"))
	if got != string(want) {
		t.Errorf("got\n%s\nwant what testdata/agent.plist has", got)
	}
}

// A path may have any character but NUL, and launchd reads nothing of a file that
// is not well-formed.
func TestPlistWithAnyPath(t *testing.T) {
	program, log := `/Users/a & b/<"it's">/bai--ssh`, "/Users/é ]]>/log"
	text := forms["plist"].signed(Plist(program, log))
	var strs []string
	d := xml.NewDecoder(strings.NewReader(text))
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatalf("%v in\n%s", err, text)
		}
		if start, ok := token.(xml.StartElement); ok && start.Name.Local == "string" {
			var s string
			if err := d.DecodeElement(&s, &start); err != nil {
				t.Fatal(err)
			}
			strs = append(strs, s)
		}
	}
	if want := []string{Label, program, "run", "--launchd", "Interactive", log, log}; !slices.Equal(strs, want) {
		t.Errorf("the strings are %q, want %q", strs, want)
	}
}
