package tray

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// fakePrograms is a PATH with programs that write down what they were called
// with, and end with the status that stands in their name after a dash.
func fakePrograms(t *testing.T, names ...string) (dir string) {
	t.Helper()
	dir = t.TempDir()
	t.Setenv("PATH", dir)
	t.Setenv("TERMINAL", "")
	for _, name := range names {
		script := "#!/bin/sh\nprintf '%s\\n' \"$@\" >\"$0.new\" && /bin/mv \"$0.new\" \"$0.args\"\n"
		if err := os.WriteFile(filepath.Join(dir, name), []byte(script), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// calledWith waits for what a program was called with.
func calledWith(t *testing.T, program string) []string {
	t.Helper()
	deadline := time.After(30 * time.Second)
	for {
		if text, err := os.ReadFile(program + ".args"); err == nil {
			return strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")
		}
		select {
		case <-deadline:
			t.Fatalf("%s was not called", program)
		case <-time.After(10 * time.Millisecond):
		}
	}
}

func TestTheTerminalOfTheDesktopIsPreferred(t *testing.T) {
	for name, test := range map[string]struct {
		programs []string
		terminal string // $TERMINAL
		want     string
	}{
		"the desktop's":    {[]string{"xterm", "xdg-terminal-exec", "kitty"}, "xterm", "xdg-terminal-exec"},
		"the user's":       {[]string{"kitty", "xterm", "x-terminal-emulator"}, "kitty --single", "kitty --single -e"},
		"not there":        {[]string{"xterm", "x-terminal-emulator"}, "gone", "x-terminal-emulator -e"},
		"GNOME's":          {[]string{"gnome-terminal", "xterm"}, "", "gnome-terminal --"},
		"Xfce's":           {[]string{"xfce4-terminal", "xterm"}, "", "xfce4-terminal -x"},
		"whatever is left": {[]string{"xterm"}, "", "xterm -e"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := fakePrograms(t, test.programs...)
			t.Setenv("TERMINAL", test.terminal)
			command := []string{"ssh", "bai-demo"}
			got, err := inTerminal(onSuccess, command)
			if err != nil {
				t.Fatal(err)
			}
			want := slices.Concat(strings.Fields(test.want), holding(onSuccess, command))
			want[0] = filepath.Join(dir, want[0])
			if !slices.Equal(got, want) {
				t.Errorf("got %q, want %q", got, want)
			}
		})
	}
	fakePrograms(t)
	if _, err := inTerminal(onKey, []string{"ssh", "a b"}); err == nil || !strings.Contains(err.Error(), "ssh 'a b'") {
		t.Errorf("without a terminal: %v", err)
	}
}

// Words reach the program as they are, whatever a shell would make of them.
func TestWordsAreNotReadByAShell(t *testing.T) {
	dir := fakePrograms(t, "probe")
	words := []string{"$(touch pwned)", "a b", "'", `"`, "; true", "-x", "*"}
	for _, h := range []hold{onSuccess, onKey} {
		if err := launch(nil, holding(h, append([]string{filepath.Join(dir, "probe")}, words...))); err != nil {
			t.Fatal(err)
		}
		if got := calledWith(t, filepath.Join(dir, "probe")); !slices.Equal(got, words) {
			t.Errorf("called with %q, want %q", got, words)
		}
		os.Remove(filepath.Join(dir, "probe.args"))
	}
}

func TestFileZillaOpensAtTheSite(t *testing.T) {
	dir := fakePrograms(t, "filezilla")
	s := &shown{Tray: &Tray{}}
	if err := s.filezilla("bai-demo"); err != nil {
		t.Fatal(err)
	}
	if got, want := calledWith(t, filepath.Join(dir, "filezilla")), []string{"-c", "0/Backend.AI/bai-demo"}; !slices.Equal(got, want) {
		t.Errorf("called with %q, want %q", got, want)
	}
	fakePrograms(t)
	if err := s.filezilla("bai-demo"); err == nil {
		t.Error("no error without FileZilla")
	}
}

func TestAProgramThatEndsAtOnceIsSaid(t *testing.T) {
	if err := launch(nil, []string{"/bin/sh", "-c", "exit 3"}); err == nil || !strings.Contains(err.Error(), "sh ended at once") {
		t.Errorf("got %v", err)
	}
	if err := launch(nil, []string{"/no/such/program"}); err == nil {
		t.Error("no error for a program that is not there")
	}
}

func TestQuoted(t *testing.T) {
	got := quoted([]string{"ssh", "-F", "/home/a b/it's/config", "bai-demo", ""})
	if want := `ssh -F '/home/a b/it'\''s/config' bai-demo ''`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// An underscore in a name is not the mark of a letter to press.
func TestUnderscoresAreSeen(t *testing.T) {
	if got := escape("a_b"); got != "a__b" {
		t.Errorf("got %q", got)
	}
}
