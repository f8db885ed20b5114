package install

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"baissh/proxy/folders"
)

// fakeSystemctl fails at the call whose number is in $FAKE/fail, and then half-way:
// "reenable" has taken the unit's link away, or made it.
const fakeSystemctl = `#!/bin/sh
link=$UNITS/default.target.wants/baissh.service
echo call >>"$FAKE/calls"
failing=; [ "$(wc -l <"$FAKE/calls")" != "$(cat "$FAKE/fail")" ] || failing=yes
case " $* " in
*" reenable "*)
	mkdir -p "$UNITS/default.target.wants"
	if [ -n "$failing" ] && [ -L "$link" ]; then rm "$link"; else ln -sf "$UNITS/baissh.service" "$link"; fi ;;
esac
[ -z "$failing" ] || { echo 'Failed to do it' >&2; exit 1; }
`

// Where one of the steps fails, all is as before: no unit that nobody enabled, no
// link to nothing, the older unit and its link where there was one.
func TestInstallUndoesItself(t *testing.T) {
	fake := t.TempDir()
	put(t, fake, "systemctl", fakeSystemctl)
	if err := os.Chmod(filepath.Join(fake, "systemctl"), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("FAKE", fake)
	t.Setenv("PATH", fake+":"+os.Getenv("PATH"))
	for _, old := range []string{"", "older"} {
		home := t.TempDir()
		s := &Service{Home: folders.Home{Dir: home, Config: filepath.Join(home, ".config", "baissh")}, Program: "/opt/baissh"}
		t.Setenv("UNITS", s.unitDir())
		before := ""
		if old != "" {
			before = s.ownUnit().signed(Unit("/opt/older"))
			if err := s.ownUnit().write(before); err != nil {
				t.Fatal(err)
			}
			link, _ := s.wantedBy()
			if err := errors.Join(os.Mkdir(filepath.Dir(link), 0o755), os.Symlink("../baissh.service", link)); err != nil {
				t.Fatal(err)
			}
		}
		_, linked := s.wantedBy()
		text := s.ownUnit().signed(Unit(s.Program))
		for i, step := range []string{"1", "2"} {
			put(t, fake, "fail", step)
			os.Remove(filepath.Join(fake, "calls"))
			if err := s.replace(t.Context(), s.ownUnit(), before, text); err == nil || !strings.Contains(err.Error(), "Failed to do it") {
				t.Fatalf("step %d: %v, want systemctl's own words", i+1, err)
			}
			if got, err := s.ownUnit().read(); err != nil || got != before {
				t.Errorf("step %d failed: the unit is %q, %v, want %q", i+1, got, err, before)
			}
			if _, got := s.wantedBy(); got != linked {
				t.Errorf("step %d failed: the link leads to %q, want %q", i+1, got, linked)
			}
		}
		put(t, fake, "fail", "99")
		if err := s.replace(t.Context(), s.ownUnit(), before, text); err != nil {
			t.Fatal(err)
		}
		if got, err := s.ownUnit().read(); err != nil || got != text {
			t.Errorf("the unit is %q, %v, want %q", got, err, text)
		}
	}
}

func TestReadStatus(t *testing.T) {
	for _, tt := range []struct {
		out  string
		want Status
	}{
		{
			"ActiveState=active\nSubState=running\nMainPID=42\nUnitFileState=enabled\nFragmentPath=/u\nExecMainCode=0\n",
			Status{Enabled: true, Running: true, State: "active (running)", PID: 42, File: "/u"},
		},
		{ // which package service calls running
			"ActiveState=activating\nSubState=auto-restart\nMainPID=0\nUnitFileState=enabled\nExecMainCode=1\nExecMainStatus=1\n",
			Status{Enabled: true, State: "activating (auto-restart)", Exit: 1},
		},
		{
			"ActiveState=failed\nSubState=failed\nResult=exit-code\nUnitFileState=disabled\nExecMainCode=1\nExecMainStatus=4\n",
			Status{State: "failed (exit-code)", Exit: 4},
		},
		{ // killed by signal 9, which is no exit status
			"ActiveState=failed\nResult=signal\nExecMainCode=2\nExecMainStatus=9\n",
			Status{State: "failed (signal)"},
		},
		{"LoadState=masked\nActiveState=inactive\nSubState=dead\nUnitFileState=masked\n", Status{State: "masked"}},
		{"LoadState=not-found\nActiveState=inactive\nSubState=dead\nUnitFileState=\n", Status{State: "inactive (dead)"}},
	} {
		if got := readStatus(properties(tt.out)); got != tt.want {
			t.Errorf("of %q: got %+v, want %+v", tt.out, got, tt.want)
		}
	}
}

func TestExecStart(t *testing.T) {
	if got, ok := execStart(Unit("/usr/bin/baissh")); !ok || got != "/usr/bin/baissh" {
		t.Errorf("of our own unit: %q, %v", got, ok)
	}
}
