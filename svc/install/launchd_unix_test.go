//go:build unix

package install

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// fakeLaunchctl knows one service, by files in $FAKE: "loaded", "running",
// "disabled"; "busy" has as many lines as bootstrap is yet to fail, and "broken"
// names a verb that always does. "calls" is what was asked for.
const fakeLaunchctl = `#!/bin/sh
cd "$FAKE" || exit 1
case $1 in print*) ;; *) echo "$*" >>calls ;; esac
if [ "$1" = "$(cat broken 2>/dev/null)" ]; then echo "$1 does not work" >&2; exit 1; fi
case $1 in
print)
	[ -e loaded ] || { echo 'Could not find service' >&2; exit 113; }
	printf '%s = {\n\tpath = /x\n' "$2"
	if [ -e running ]; then printf '\tstate = running\n\tpid = 4711\n'; else printf '\tstate = not running\n'; fi
	printf '\tlast exit code = 1\n\tspawn = {\n\t\tstate = no\n\t\tpid = 1\n\t}\n}\n' ;;
print-disabled)
	printf 'disabled services = {\n\t"other" => disabled\n'
	[ ! -e disabled ] || printf '\t"ai.backend.baissh" => disabled\n'
	printf '}\n' ;;
enable) rm -f disabled ;;
bootstrap)
	if [ -s busy ]; then sed -i.old 1d busy; echo 'Bootstrap failed: 5: Input/output error' >&2; exit 5; fi
	touch loaded running ;;
kickstart) touch running ;;
bootout) rm -f loaded running ;;
esac
`

// launch is an agent whose launchd is the fake one in dir.
func launch(t *testing.T) (a agent, dir string) {
	t.Helper()
	dir = t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "launchctl"), []byte(fakeLaunchctl), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("FAKE", dir)
	t.Setenv("PATH", dir+":"+os.Getenv("PATH"))
	a = agent{file: forms["plist"], domain: domain(501), plist: Plist("/opt/baissh", "/log")}
	a.file.path = filepath.Join(dir, "LaunchAgents", Label+".plist")
	return a, dir
}

func put(t *testing.T, dir, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// calls are what launchctl was asked for since the last time.
func calls(t *testing.T, dir string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, "calls"))
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	os.Remove(filepath.Join(dir, "calls"))
	plist := filepath.Join(dir, "LaunchAgents", Label+".plist")
	return strings.TrimSpace(strings.ReplaceAll(string(text), plist, "PLIST"))
}

func TestLaunchAgentFromInstallToUninstall(t *testing.T) {
	agent, dir := launch(t)
	ctx := t.Context()
	step := func(what string, err error, want string) {
		t.Helper()
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		if got := calls(t, dir); got != want {
			t.Errorf("%s asked launchctl for %q, want %q", what, got, want)
		}
	}
	if err := agent.start(ctx); !errors.Is(err, ErrNotInstalled) {
		t.Errorf("start before install: %v", err)
	}
	changed, err := agent.install(ctx)
	step("install", err, "enable gui/501/ai.backend.baissh")
	again, err := agent.install(ctx)
	step("install again", err, "")
	if !changed || again {
		t.Errorf("install changed %v, and again %v", changed, again)
	}
	step("start", agent.start(ctx), "bootstrap gui/501 PLIST")
	step("start again", agent.start(ctx), "")
	step("restart", agent.restart(ctx), "kickstart -k gui/501/ai.backend.baissh")
	st, err := agent.status(ctx)
	if err != nil || !st.Installed || !st.Enabled || !st.Running || st.PID != 4711 || st.Exit != 1 || st.State != "running" {
		t.Errorf("status = %+v, %v", st, err)
	}
	os.Remove(filepath.Join(dir, "running")) // it has ended with status 0
	step("start of what is loaded", agent.start(ctx), "kickstart gui/501/ai.backend.baissh")
	step("stop", agent.stop(ctx), "bootout gui/501/ai.backend.baissh")
	step("stop again", agent.stop(ctx), "")
	put(t, dir, "busy", "1\n2\n") // the one before is still on its way out
	step("start", agent.start(ctx), strings.TrimSpace(strings.Repeat("bootstrap gui/501 PLIST\n", 3)))
	changed, err = agent.uninstall(ctx)
	step("uninstall", err, "bootout gui/501/ai.backend.baissh")
	again, err = agent.uninstall(ctx)
	step("uninstall again", err, "")
	if _, statErr := os.Stat(agent.file.path); !changed || again || !os.IsNotExist(statErr) {
		t.Errorf("uninstall changed %v, and again %v; the file: %v", changed, again, statErr)
	}
}

func TestLaunchAgentThatIsDisabled(t *testing.T) {
	agent, dir := launch(t)
	if _, err := agent.install(t.Context()); err != nil {
		t.Fatal(err)
	}
	put(t, dir, "disabled", "")
	if st, err := agent.status(t.Context()); err != nil || st.Enabled {
		t.Errorf("status = %+v, %v, want it not enabled", st, err)
	}
	if changed, err := agent.install(t.Context()); err != nil || !changed {
		t.Errorf("install = %v, %v, want it enabled again", changed, err)
	}
	if st, err := agent.status(t.Context()); err != nil || !st.Enabled {
		t.Errorf("status = %+v, %v, want it enabled", st, err)
	}
}

func TestLaunchAgentInstallUndoesItself(t *testing.T) {
	agent, dir := launch(t)
	put(t, dir, "broken", "enable")
	if _, err := agent.install(t.Context()); err == nil || !strings.Contains(err.Error(), "enable does not work") {
		t.Errorf("install: %v, want launchctl's own words", err)
	}
	if _, err := os.Stat(agent.file.path); !os.IsNotExist(err) {
		t.Errorf("the file after a failure: %v", err)
	}
	older := agent
	older.plist = Plist("/opt/older", "/log")
	if err := older.file.write(older.file.signed(older.plist)); err != nil {
		t.Fatal(err)
	}
	if _, err := agent.install(t.Context()); err == nil {
		t.Error("install succeeded")
	}
	if got, err := agent.file.read(); err != nil || got != older.file.signed(older.plist) {
		t.Errorf("the older file after a failure: %q, %v", got, err)
	}
}

func TestLaunchAgentOfSomebodyElse(t *testing.T) {
	agent, dir := launch(t)
	if err := agent.file.write("by hand\n"); err != nil {
		t.Fatal(err)
	}
	var foreign *ForeignError
	if _, err := agent.install(t.Context()); !errors.As(err, &foreign) {
		t.Errorf("install: %v", err)
	}
	if _, err := agent.uninstall(t.Context()); !errors.As(err, &foreign) {
		t.Errorf("uninstall: %v", err)
	}
	if text, _ := os.ReadFile(agent.file.path); string(text) != "by hand\n" || calls(t, dir) != "" {
		t.Errorf("the file is %q now", text)
	}
}
