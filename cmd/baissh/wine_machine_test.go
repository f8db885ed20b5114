//go:build wine

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"baissh/proxy/backendai/backendaitest"
	"baissh/proxy/state"
)

// A wineMachine is a Windows of Wine's, made by .ci/test-windows, and a manager
// on the loopback that both systems share.
type wineMachine struct {
	*testing.T
	prefix  string
	program string // baissh.exe, as Windows names it
	manager *backendaitest.Server
}

const (
	winePatience = 40 * time.Second
	installedAt  = `C:\Program Files\baissh\baissh.exe`
)

func newWineMachine(t *testing.T) *wineMachine {
	t.Helper()
	prefix := os.Getenv("WINEPREFIX")
	if prefix == "" {
		t.Fatal("WINEPREFIX is not set; run: make test-windows")
	}
	manager, err := backendaitest.Start(backendaitest.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { manager.Close() })
	m := &wineMachine{T: t, prefix: prefix, program: installedAt, manager: manager}
	t.Cleanup(m.clear)
	return m
}

// hand is the program that does what a person would.
const hand = `C:\wine-hand.exe`

// build puts our programs where the service may run from.
func (m *wineMachine) build() {
	m.Helper()
	m.buildProgram(installedAt, ".")
	m.buildProgram(hand, "../../.ci/wine-hand")
}

func (m *wineMachine) buildProgram(path string, args ...string) {
	m.Helper()
	cmd := exec.Command("go", append([]string{"build", "-buildvcs=false", "-o", m.file(path)}, args...)...)
	cmd.Env = append(os.Environ(), "GOOS=windows", "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		m.Fatalf("build %s: %v: %s", path, err, out)
	}
}

// file is where Linux finds a file of Windows' drive C.
func (m *wineMachine) file(path string) string {
	path = strings.ReplaceAll(strings.TrimPrefix(path, `C:\`), `\`, "/")
	return filepath.Join(m.prefix, "drive_c", path)
}

// profile is a file below the user's profile.
func (m *wineMachine) profile(parts ...string) string {
	m.Helper()
	found, err := filepath.Glob(m.file(`C:\users\*\AppData`))
	if err != nil || len(found) != 1 {
		m.Fatalf("the user's profile: %q, %v", found, err)
	}
	return filepath.Join(append([]string{filepath.Dir(found[0])}, parts...)...)
}

// clear leaves no service behind, and nothing of what a sign-in writes.
func (m *wineMachine) clear() {
	m.Helper()
	if m.Failed() {
		m.tell()
	}
	if _, err := os.Stat(m.file(installedAt)); err == nil {
		m.start(nil, "service", "uninstall").wait()
	}
	for _, dir := range []string{"Roaming", "Local"} {
		if err := os.RemoveAll(m.profile("AppData", dir, "baissh")); err != nil {
			m.Error(err)
		}
	}
}

// tell says how things stand.
func (m *wineMachine) tell() {
	for _, program := range [][]string{{"tasklist"}, {m.program, "service", "status", "--json"}} {
		p := m.startProgram(strings.NewReader(""), program[0], program[1:]...)
		p.wait()
		m.Logf("%s:\n%s%s", program[0], &p.out, &p.err)
	}
	for _, name := range []string{"engine.log", "engine-crash.log"} {
		text, err := os.ReadFile(m.profile("AppData", "Local", "baissh", name))
		m.Logf("%s: %v\n%s", name, err, text)
	}
}

func (m *wineMachine) session(name string) *backendaitest.Session {
	m.Helper()
	s, err := m.manager.CreateSession(backendaitest.SessionSpec{Name: name})
	if err != nil {
		m.Fatal(err)
	}
	return s
}

// A wineProcess is a program of Windows' that runs.
type wineProcess struct {
	*exec.Cmd
	m     *wineMachine
	stdin io.WriteCloser
	out   bytes.Buffer
	err   bytes.Buffer
	ended chan error
}

// start starts baissh.exe. Without input it has a console's worth of silence.
func (m *wineMachine) start(input io.Reader, args ...string) *wineProcess {
	m.Helper()
	return m.startProgram(input, m.program, args...)
}

func (m *wineMachine) startProgram(input io.Reader, program string, args ...string) *wineProcess {
	m.Helper()
	p := &wineProcess{Cmd: exec.Command("wine", append([]string{program}, args...)...), m: m, ended: make(chan error, 1)}
	p.Stdout, p.Stderr = &p.out, &p.err
	p.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	p.WaitDelay = time.Second
	var err error
	if p.Stdin = input; input == nil {
		p.stdin, err = p.StdinPipe()
	}
	if err == nil {
		err = p.Start()
	}
	if err != nil {
		m.Fatal(err)
	}
	go func() { p.ended <- p.Cmd.Wait() }()
	return p
}

// wait returns the exit status.
func (p *wineProcess) wait() int {
	p.m.Helper()
	select {
	case err := <-p.ended:
		var exit *exec.ExitError
		if err != nil && !errors.As(err, &exit) && !errors.Is(err, exec.ErrWaitDelay) {
			p.m.Error(err)
		}
		return p.ProcessState.ExitCode()
	case <-time.After(winePatience):
		p.Process.Kill()
		p.m.Fatalf("%q did not end within %s: %s%s", p.Args, winePatience, &p.out, &p.err)
	}
	return -1
}

// baissh runs a verb that must end with a status, and returns what it printed.
func (m *wineMachine) baissh(status int, args ...string) string {
	m.Helper()
	p := m.start(strings.NewReader(""), args...)
	if code := p.wait(); code != status {
		m.Fatalf("baissh %s: status %d, want %d: %s%s", strings.Join(args, " "), code, status, &p.out, &p.err)
	}
	return p.out.String() + p.err.String()
}

func (m *wineMachine) login() string {
	m.Helper()
	m.ownPorts()
	access, secret := m.manager.KeyPair()
	p := m.start(strings.NewReader(secret+"\n"), "login", m.manager.URL(),
		"--access-key", access, "--secret-key-stdin", "--write-ssh-config=yes")
	if code := p.wait(); code != exitOK {
		m.Fatalf("login: status %d: %s%s", code, &p.out, &p.err)
	}
	return p.out.String() + p.err.String()
}

// ownPorts keeps the engine from those of others on this machine.
func (m *wineMachine) ownPorts() {
	m.Helper()
	path := m.profile("AppData", "Roaming", "baissh", "settings.toml")
	first := 20000 + os.Getpid()%10000
	text := fmt.Sprintf("preferred_port = %d\nport_range = [%[1]d, 32767]\n", first)
	err := os.MkdirAll(filepath.Dir(path), 0o700)
	if err == nil {
		err = os.WriteFile(path, []byte(text), 0o600)
	}
	if err != nil {
		m.Fatal(err)
	}
}

// until waits for the engine's Snapshot to be as it should.
func (m *wineMachine) until(what string, good func(*state.Snapshot) bool) state.Snapshot {
	m.Helper()
	var last state.Snapshot
	var said string
	m.eventually(what, func() bool {
		p := m.start(strings.NewReader(""), "status", "--json")
		if p.wait() != exitOK {
			said = p.err.String()
			return false
		}
		last = state.Snapshot{}
		if err := json.Unmarshal(p.out.Bytes(), &last); err != nil {
			m.Fatalf("status --json: %v: %s", err, &p.out)
		}
		said = p.out.String()
		return good(&last)
	}, &said)
	return last
}

func (m *wineMachine) eventually(what string, good func() bool, said *string) {
	m.Helper()
	ctx, cancel := context.WithTimeout(m.Context(), winePatience)
	defer cancel()
	for !good() {
		if ctx.Err() != nil {
			m.Fatalf("not within %s: %s; last was: %s", winePatience, what, *said)
		}
		pauseBriefly(ctx)
	}
}

// ready waits for a host that ssh can log in to.
func (m *wineMachine) ready(alias string) state.Host {
	m.Helper()
	var h state.Host
	m.until("ready "+alias, func(s *state.Snapshot) bool {
		h, _ = s.Host(alias)
		return h.State == state.Ready
	})
	return h
}

// ssh is Linux' own, with the key and the pinned host key that Windows keeps.
func (m *wineMachine) ssh(h state.Host, command string) *exec.Cmd {
	m.Helper()
	key, err := os.ReadFile(m.profile(".ssh", "bai", "keys", h.Alias))
	if err != nil {
		m.Fatal(err)
	}
	copied := filepath.Join(m.TempDir(), "key")
	if err := os.WriteFile(copied, key, 0o600); err != nil {
		m.Fatal(err)
	}
	cmd := exec.CommandContext(m.Context(), "ssh", "-F", "none", "-p", strconv.Itoa(h.Port), "-i", copied, "-o", "BatchMode=yes",
		"-o", "IdentitiesOnly=yes", "-o", "HostKeyAlias="+h.Alias, "-o", "StrictHostKeyChecking=yes",
		"-o", "UserKnownHostsFile="+m.profile(".ssh", "bai", "known_hosts"), "-o", "GlobalKnownHostsFile=none",
		h.Account+"@127.0.0.1", command)
	cmd.WaitDelay = time.Second
	return cmd
}

func (m *wineMachine) sshWorks(h state.Host) {
	m.Helper()
	out, err := m.ssh(h, "echo through").CombinedOutput()
	if err != nil || string(out) != "through\n" {
		m.Errorf("ssh %s: %q, %v", h.Alias, out, err)
	}
}

func (m *wineMachine) gone(what string) {
	m.Helper()
	var said string
	m.eventually(what, func() bool {
		p := m.start(strings.NewReader(""), "status", "--json")
		code := p.wait()
		said = p.out.String()
		return code != exitOK
	}, &said)
}
