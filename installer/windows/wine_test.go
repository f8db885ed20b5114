//go:build wine

package windows

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// A machine is a Windows of its own, which Wine plays.
type machine struct {
	t      *testing.T
	prefix string
}

// ready is the one that make test-windows has set up.
func ready(t *testing.T) *machine {
	t.Helper()
	prefix := os.Getenv("WINEPREFIX")
	if prefix == "" {
		t.Fatal("WINEPREFIX is not set; run: make test-windows")
	}
	return &machine{t: t, prefix: prefix}
}

// path is where a file of drive C: is on this machine.
func (m *machine) path(name string) string { return filepath.Join(m.prefix, "drive_c", name) }

func (m *machine) command(name string, args ...string) *exec.Cmd {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	m.t.Cleanup(cancel)
	cmd := exec.CommandContext(ctx, name, args...)
	return cmd
}

// run gives what a program says, and its exit status.
func (m *machine) run(name string, args ...string) (string, int) {
	m.t.Helper()
	cmd := m.command(name, args...)
	// Not a pipe: services that a program starts would hold it open for ever.
	out, err := os.CreateTemp(m.t.TempDir(), "out")
	if err != nil {
		m.t.Fatal(err)
	}
	defer out.Close()
	cmd.Stdout, cmd.Stderr = out, out
	if err := cmd.Run(); cmd.ProcessState == nil {
		m.t.Fatalf("run %s: %v", name, err)
	}
	text, err := os.ReadFile(out.Name())
	if err != nil {
		m.t.Fatal(err)
	}
	return strings.ReplaceAll(string(text), "\r\n", "\n"), cmd.ProcessState.ExitCode()
}

func (m *machine) must(name string, args ...string) string {
	m.t.Helper()
	out, status := m.run(name, args...)
	if status != 0 {
		m.t.Fatalf("%s %v ended with %d:\n%s", name, args, status, out)
	}
	return out
}

// msiexec installs or takes away without a question, and says how that ended.
func (m *machine) msiexec(do, msi string) int {
	m.t.Helper()
	_, status := m.run("wine", "msiexec", do, "Z:"+strings.ReplaceAll(msi, "/", `\`), "/qn", "/l*v", `C:\msi.log`)
	return status
}

// log is what the installer wrote last.
func (m *machine) log() string {
	text, _ := os.ReadFile(m.path("msi.log"))
	return string(bytes.ReplaceAll(text, []byte{0}, nil))
}

// value is one of the registry's, or "".
func (m *machine) value(key, name string) string {
	out, _ := m.run("wine", "reg", "query", key, "/v", name)
	for line := range strings.Lines(out) {
		if f := strings.Fields(line); len(f) > 2 && strings.EqualFold(f[0], name) {
			return strings.Join(f[2:], " ")
		}
	}
	return ""
}

func (m *machine) running() bool {
	out, _ := m.run("wine", "net", "start")
	return strings.Contains(out, "SSH for Backend.AI")
}

// products are what the list of programs has of ours.
func (m *machine) products() []string {
	var list []string
	for line := range strings.Lines(m.must("wine", "uninstaller", "--list")) {
		if strings.Contains(line, "baissh") {
			list = append(list, strings.TrimSpace(line))
		}
	}
	return list
}

// shortcuts are ours in the Start menu. Wine has them in that of the user who
// installs, Windows in that of all.
func (m *machine) shortcuts() []string {
	var list []string
	for _, menu := range []string{"ProgramData", "users/*/AppData/Roaming"} {
		found, err := filepath.Glob(m.path(menu + "/Microsoft/Windows/Start Menu/Programs/baissh.lnk"))
		if err != nil {
			m.t.Fatal(err)
		}
		list = append(list, found...)
	}
	return list
}

const (
	runKey         = `HKLM\Software\Microsoft\Windows\CurrentVersion\Run`
	environmentKey = `HKLM\System\CurrentControlSet\Control\Session Manager\Environment`
	serviceKey     = `HKLM\System\CurrentControlSet\Services\baissh`
	folder         = "Program Files/baissh"
)

// has fails unless release is installed, whole, and nothing else of ours.
func (m *machine) has(release string) {
	m.t.Helper()
	if out, _ := m.run("wine", m.path(folder+"/baissh.exe"), "version"); !strings.Contains(out, release) {
		m.t.Errorf("baissh version = %q, want %s", out, release)
	}
	for _, name := range []string{folder + "/baissh-tray.exe", folder + "/LICENSE.txt", folder + "/third-party.txt"} {
		if _, err := os.Stat(m.path(name)); err != nil {
			m.t.Error(err)
		}
	}
	if got := m.shortcuts(); len(got) != 1 {
		m.t.Errorf("the Start menu has %q, want one", got)
	}
	if got, want := m.value(runKey, "baissh"), `"C:\Program Files\baissh\baissh-tray.exe"`; got != want {
		m.t.Errorf("at sign-in Windows runs %s, want %s", got, want)
	}
	if got, want := m.value(environmentKey, "PATH"), `C:\Program Files\baissh\`; strings.Count(got, want) != 1 {
		m.t.Errorf("PATH = %s, want %s in it, once", got, want)
	}
	if got, want := m.value(serviceKey, "ImagePath"), `baissh.exe" service supervise`; !strings.HasSuffix(strings.ReplaceAll(got, `exe service`, `exe" service`), want) {
		m.t.Errorf("the service runs %s, want …%s", got, want)
	}
	if got := m.value(serviceKey, "Start"); got != "0x2" {
		m.t.Errorf("the service starts by %q, want 0x2, automatic", got)
	}
	if !m.running() {
		m.t.Error("the service does not run")
	}
	if got := m.products(); len(got) != 1 {
		m.t.Errorf("the list of programs has %q, want one", got)
	}
}

// hasNothing fails if anything of ours is left.
func (m *machine) hasNothing() {
	m.t.Helper()
	if _, err := os.Stat(m.path(folder)); !os.IsNotExist(err) {
		m.t.Errorf("%s is still there (%v)", folder, err)
	}
	if got := m.shortcuts(); len(got) != 0 {
		m.t.Errorf("the Start menu still has %q", got)
	}
	for key, name := range map[string]string{runKey: "baissh", serviceKey: "ImagePath"} {
		if got := m.value(key, name); got != "" {
			m.t.Errorf(`%s\%s = %s is left`, key, name, got)
		}
	}
	if got := m.value(environmentKey, "PATH"); strings.Contains(got, "baissh") || !strings.Contains(got, "system32") {
		m.t.Errorf("PATH = %s", got)
	}
	if m.running() {
		m.t.Error("the service still runs")
	}
	if got := m.products(); len(got) != 0 {
		m.t.Errorf("the list of programs still has %q", got)
	}
}

func TestInstallUpgradeRefuseUninstall(t *testing.T) {
	old := packaged(t, "1.1.0", "1.1.0")
	first := packaged(t, "1.2.0", "1.2.0")
	again := packaged(t, "1.2.0", "1.2.0+3.gabc1234")
	m := ready(t)

	if status := m.msiexec("/i", old); status != 0 {
		t.Fatalf("the installation ended with %d:\n%s", status, m.log())
	}
	m.has("1.1.0")

	if status := m.msiexec("/i", first); status != 0 {
		t.Fatalf("the upgrade ended with %d:\n%s", status, m.log())
	}
	m.has("1.2.0")

	if status := m.msiexec("/i", again); status != 0 {
		t.Fatalf("another build of the same version: ended with %d:\n%s", status, m.log())
	}
	m.has("1.2.0+3.gabc1234")

	if status := m.msiexec("/i", old); status == 0 {
		t.Error("an older version was installed over a newer one")
	}
	m.has("1.2.0+3.gabc1234")

	if status := m.msiexec("/x", again); status != 0 {
		t.Fatalf("the removal ended with %d:\n%s", status, m.log())
	}
	m.hasNothing()
}

// packaged makes an MSI of programs that say which release they are.
func packaged(t *testing.T, version, release string) string {
	t.Helper()
	dir := t.TempDir()
	for _, name := range []string{"baissh", "baissh-tray"} {
		build := exec.Command("go", "build", "-buildvcs=false", "-ldflags", "-X main.release="+release, "-o", dir+"/", "../../cmd/"+name)
		build.Env = append(os.Environ(), "GOOS=windows", "GOARCH=amd64", "CGO_ENABLED=0")
		if out, err := build.CombinedOutput(); err != nil {
			t.Fatalf("build %s: %v\n%s", name, err, out)
		}
	}
	for _, name := range []string{"LICENSE.txt", "third-party.txt"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(name), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	manifest, err := Read("../../wix.json")
	if err != nil {
		t.Fatal(err)
	}
	p := Package{
		Manifest: manifest, Version: version, Release: release, Dir: dir,
		Icon: "../../tray/icons/app.ico", Made: time.Unix(1_700_000_000, 0),
	}
	msi := filepath.Join(dir, "baissh.msi")
	if err := p.Build(t.Context(), msi); err != nil {
		t.Fatal(err)
	}
	return msi
}
