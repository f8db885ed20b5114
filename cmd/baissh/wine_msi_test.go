//go:build wine

package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// What "make dist" ships: installed, used, upgraded under a user who is at work,
// and taken out again. MSI names the file.
func TestWindowsInstaller(t *testing.T) {
	msi := os.Getenv("MSI")
	if msi == "" {
		t.Fatal("MSI is not set; run: make test-windows")
	}
	m := newWineMachine(t)
	t.Cleanup(func() { m.msiexec("/x", msi) })
	newer := m.asVersion(msi, "99.0.0")
	m.session("demo")

	m.install(msi)
	m.isInstalled()
	m.login()
	host := m.ready("bai-demo")
	m.sshWorks(host)

	m.install(newer)
	m.isInstalled()
	if after := m.ready("bai-demo"); after.Port != host.Port {
		t.Errorf("after the upgrade the port is %d, it was %d", after.Port, host.Port)
	}
	m.sshWorks(host)
	if list := m.installed(); len(list) != 1 {
		t.Errorf("the list of programs has %q, want one", list)
	}
	if m.msiexec("/i", msi) == 0 {
		t.Error("an older version went over a newer one")
	}
	m.isInstalled()

	if status := m.msiexec("/x", newer); status != 0 {
		t.Fatalf("the removal ended with %d:\n%s", status, m.installerLog())
	}
	m.isGone()
	if _, err := os.Stat(m.profile("AppData", "Roaming", "baissh", "settings.toml")); err != nil {
		t.Errorf("the user's settings: %v", err)
	}
}

func (m *wineMachine) install(msi string) {
	m.Helper()
	if status := m.msiexec("/i", msi); status != 0 {
		m.Fatalf("the installation ended with %d:\n%s", status, m.installerLog())
	}
}

func (m *wineMachine) msiexec(do, msi string) int {
	m.Helper()
	path := "Z:" + strings.ReplaceAll(msi, "/", `\`)
	p := m.startProgram(strings.NewReader(""), "msiexec", do, path, "/qn", "/l*v", `C:\msi.log`)
	status := p.wait()
	m.Logf("msiexec %s %s: status %d %s%s", do, filepath.Base(msi), status, &p.out, &p.err)
	return status
}

func (m *wineMachine) installerLog() string {
	text, _ := os.ReadFile(m.file(`C:\msi.log`))
	return string(bytes.ReplaceAll(text, []byte{0}, nil))
}

// asVersion is the same installer as if it were another version's.
func (m *wineMachine) asVersion(msi, version string) string {
	m.Helper()
	text, err := os.ReadFile(msi)
	path := filepath.Join(m.TempDir(), "baissh-"+version+".msi")
	if err == nil {
		err = os.WriteFile(path, text, 0o600)
	}
	if err != nil {
		m.Fatal(err)
	}
	for _, query := range []string{
		"UPDATE `Property` SET `Value` = '" + version + "' WHERE `Property` = 'ProductVersion'",
		"UPDATE `Property` SET `Value` = '{5D0F0F0A-0B5C-4E53-9F59-0E1B3B7A9C11}' WHERE `Property` = 'ProductCode'",
	} {
		if out, err := exec.Command("msibuild", path, "-q", query).CombinedOutput(); err != nil {
			m.Fatalf("msibuild: %v: %s", err, out)
		}
	}
	return path
}

const (
	atSignIn    = `HKLM\Software\Microsoft\Windows\CurrentVersion\Run`
	environment = `HKLM\System\CurrentControlSet\Control\Session Manager\Environment`
)

// registry is a value of the registry's, or "".
func (m *wineMachine) registry(key, name string) string {
	p := m.startProgram(strings.NewReader(""), "reg", "query", key, "/v", name)
	p.wait()
	for line := range strings.Lines(p.out.String()) {
		if f := strings.Fields(line); len(f) > 2 && strings.EqualFold(f[0], name) {
			return strings.Join(f[2:], " ")
		}
	}
	return ""
}

// installed are the programs of ours that Windows lists.
func (m *wineMachine) installed() []string {
	p := m.startProgram(strings.NewReader(""), "uninstaller", "--list")
	p.wait()
	return slices.DeleteFunc(strings.Split(p.out.String(), "\n"), func(s string) bool { return !strings.Contains(s, "baissh") })
}

func (m *wineMachine) isInstalled() {
	m.Helper()
	for _, name := range []string{"baissh.exe", "baissh-tray.exe"} {
		if _, err := os.Stat(m.file(`C:\Program Files\baissh\` + name)); err != nil {
			m.Error(err)
		}
	}
	if got := m.registry(atSignIn, "baissh"); !strings.Contains(got, `baissh-tray.exe`) {
		m.Errorf("at sign-in Windows runs %q, want the tray", got)
	}
	if got := m.registry(environment, "PATH"); strings.Count(got, `Program Files\baissh`) != 1 {
		m.Errorf("PATH is %q, want our folder in it, once", got)
	}
	m.baissh(exitOK, "service", "status")
}

func (m *wineMachine) isGone() {
	m.Helper()
	if left, err := os.ReadDir(m.file(`C:\Program Files\baissh`)); err == nil {
		m.Errorf("left behind: %v", left)
	}
	for key, name := range map[string]string{
		atSignIn: "baissh",
		`HKLM\System\CurrentControlSet\Services\baissh`: "ImagePath",
	} {
		if got := m.registry(key, name); got != "" {
			m.Errorf(`%s\%s is still %q`, key, name, got)
		}
	}
	if got := m.registry(environment, "PATH"); strings.Contains(got, "baissh") {
		m.Errorf("PATH is %q", got)
	}
	if list := m.installed(); len(list) != 0 {
		m.Errorf("the list of programs still has %q", list)
	}
}
