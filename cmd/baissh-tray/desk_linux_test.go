package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"baissh/proxy/backendai/backendaitest"
	"baissh/proxy/folders"
	"baissh/proxy/settings"
	"baissh/proxy/state"
	_ "baissh/svc" // so that a kept result of these tests ends with a change of the engine
	"baissh/svc/control"
)

// patience is for what takes a fraction of a second on a machine with nothing
// else to do. Nothing depends on it but how late a test fails.
const patience = 30 * time.Second

// built is the folder with the programs, as they are shipped: systray has a data
// race of its own, so that a tray with the race detector in it cannot be tested.
var built string

func TestMain(m *testing.M) {
	os.Exit(func() int {
		var err error
		if built, err = os.MkdirTemp("", "bai"); err != nil {
			panic(err)
		}
		defer os.RemoveAll(built)
		cmd := exec.Command("go", "build", "-buildvcs=false", "-o", built+"/", "../baissh", ".")
		cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
		if out, err := cmd.CombinedOutput(); err != nil {
			fmt.Fprintf(os.Stderr, "build the programs: %v\n%s", err, out)
			return 1
		}
		return m.Run()
	}())
}

// A desk has all that somebody with a desktop has: a manager with the session
// "demo", a home that is signed in, and a D-Bus. Nothing runs on it yet.
type desk struct {
	*testing.T
	home    folders.Home
	manager *backendaitest.Server
	client  *control.Client
	env     []string // of what is started here
	inVain  func()   // called before a wait fails; may be nil
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	need(t, "dbus-daemon", "ssh")
	dir, err := os.MkdirTemp("", "bai") // short enough for a socket's name
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	d := &desk{T: t}
	if d.home, err = folders.At(dir); err != nil {
		t.Fatal(err)
	}
	d.client = control.NewClient(d.home.Socket())
	t.Cleanup(d.client.Close)
	d.env = append(slices.DeleteFunc(os.Environ(), foreign), "HOME="+dir, "LC_ALL=C.UTF-8")
	d.startBus()
	if err := os.MkdirAll(filepath.Dir(d.sitesFile()), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(d.sitesFile(), []byte(`<FileZilla3><Servers></Servers></FileZilla3>`), 0o600); err != nil {
		t.Fatal(err)
	}
	return d
}

// sitesFile is FileZilla's: somebody with a desktop has that, too.
func (d *desk) sitesFile() string {
	return filepath.Join(d.home.Dir, ".config", "filezilla", "sitemanager.xml")
}

func (d *desk) hasSite(alias string) bool {
	d.Helper()
	text, err := os.ReadFile(d.sitesFile())
	if err != nil {
		d.Fatal(err)
	}
	return strings.Contains(string(text), "<Name>"+alias+"</Name>")
}

// foreign variables would lead to the desktop of whoever runs the tests.
func foreign(pair string) bool {
	name, _, _ := strings.Cut(pair, "=")
	return strings.HasPrefix(name, "XDG_") || strings.HasPrefix(name, "DBUS_") ||
		slices.Contains([]string{"HOME", "DISPLAY", "WAYLAND_DISPLAY", "TERMINAL", "BAISSH_HOME", "SSH_AUTH_SOCK", "SSH_ASKPASS"}, name)
}

func need(t *testing.T, programs ...string) {
	t.Helper()
	for _, name := range programs {
		if _, err := exec.LookPath(name); err != nil {
			t.Skipf("needs %s, which .ci/test-deps installs: %v", name, err)
		}
	}
}

// signIn starts a manager with these sessions, and signs in to it.
func (d *desk) signIn(policy string, sessions ...string) {
	d.Helper()
	me, err := user.Current()
	if err != nil {
		d.Fatal(err)
	}
	if d.manager, err = backendaitest.Start(backendaitest.Options{ContainerAccount: me.Username}); err != nil {
		d.Fatal(err)
	}
	d.Cleanup(func() { _ = d.manager.Close() })
	for _, name := range sessions {
		if _, err := d.manager.CreateSession(backendaitest.SessionSpec{Name: name}); err != nil {
			d.Fatal(err)
		}
	}
	access, secret := d.manager.KeyPair()
	cmd := d.command(d.program("baissh"), "--home", d.home.Dir, "login", d.manager.URL(), "--access-key", access, "--secret-key-stdin",
		"--secret-store=file", "--write-ssh-config=yes", "--ca-file", d.manager.CAFile())
	cmd.Stdin = strings.NewReader(secret)
	if out, err := cmd.CombinedOutput(); err != nil {
		d.Fatalf("sign in: %v\n%s", err, out)
	}
	d.keepApart()
	d.set("", "policy", policy)
	d.set("profiles.default", "account", me.Username)
}

// keepApart has this engine use other ports than those of cmd/baissh's tests, which run
// at the same time and want theirs back after a restart.
func (d *desk) keepApart() {
	d.Helper()
	text, err := os.ReadFile(d.home.SettingsFile())
	if err == nil {
		err = os.WriteFile(d.home.SettingsFile(), append([]byte("preferred_port = 20022\nport_range = [20022, 29999]\n"), text...), 0o600)
	}
	if err != nil {
		d.Fatal(err)
	}
}

func (d *desk) set(table, key, value string) {
	d.Helper()
	if err := settings.Apply(d.home, settings.Edit{Table: table, Key: key, Value: value}); err != nil {
		d.Fatal(err)
	}
}

func (d *desk) program(name string) string { return filepath.Join(built, name) }

func (d *desk) command(name string, args ...string) *exec.Cmd {
	cmd := exec.Command(name, args...)
	cmd.Env = d.env
	cmd.Dir = d.home.Dir
	return cmd
}

// startBus starts a D-Bus that nothing but this desk knows of.
func (d *desk) startBus() *process {
	d.Helper()
	cmd := d.command("dbus-daemon", "--session", "--print-address", "--nofork")
	r, w, err := os.Pipe()
	if err != nil {
		d.Fatal(err)
	}
	defer r.Close()
	cmd.Stdout = w
	p := d.start(cmd)
	w.Close()
	address, err := bufio.NewReader(r).ReadString('\n')
	if err != nil {
		d.Fatalf("dbus-daemon does not start: %v\n%s", err, p.said())
	}
	d.env = append(d.env, "DBUS_SESSION_BUS_ADDRESS="+strings.TrimSpace(address))
	return p
}

func (d *desk) startEngine() *process {
	d.Helper()
	return d.start(d.command(d.program("baissh"), "--home", d.home.Dir, "run"))
}

func (d *desk) startTray() *process {
	d.Helper()
	return d.start(d.command(d.program("baissh-tray"), "--home", d.home.Dir))
}

// A process is a program that runs until it is ended, or the test.
type process struct {
	*desk
	cmd   *exec.Cmd
	ended chan struct{}
	mu    sync.Mutex // guards complaint
	text  bytes.Buffer
}

func (d *desk) start(cmd *exec.Cmd) *process {
	d.Helper()
	p := &process{desk: d, cmd: cmd, ended: make(chan struct{})}
	cmd.Stderr = p
	if err := cmd.Start(); err != nil {
		d.Fatal(err)
	}
	go func() { _ = cmd.Wait(); close(p.ended) }()
	d.Cleanup(func() {
		p.kill()
		if d.Failed() {
			d.Logf("%s said:\n%s", filepath.Base(cmd.Path), p.said())
		}
	})
	return p
}

func (p *process) Write(text []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.text.Write(text)
}

func (p *process) said() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.text.String()
}

// kill ends it as a crash would.
func (p *process) kill() {
	_ = p.cmd.Process.Signal(syscall.SIGKILL)
	<-p.ended
}

// wait returns the exit status once it has ended by itself.
func (p *process) wait() int {
	p.Helper()
	select {
	case <-p.ended:
	case <-time.After(patience):
		p.Fatalf("%s does not end", p.cmd.Path)
	}
	return p.cmd.ProcessState.ExitCode()
}

// eventually waits for what has no event of its own.
func (d *desk) eventually(what string, is func() bool) {
	d.Helper()
	deadline := time.After(patience)
	for !is() {
		select {
		case <-deadline:
			if d.inVain != nil {
				d.inVain()
			}
			d.Fatalf("not within %s: %s", patience, what)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// host waits for a host to be as it should.
func (d *desk) host(alias string, good func(state.Host) bool) (found state.Host) {
	d.Helper()
	d.eventually("the right "+alias, func() bool {
		ctx, cancel := context.WithTimeout(d.Context(), patience)
		defer cancel()
		s, err := d.client.Status(ctx, 0)
		if err != nil {
			return false
		}
		h, ok := s.Host(alias)
		found = h
		return ok && good(h)
	})
	return found
}

// ssh runs a command in a session, by the files that baissh wrote.
func (d *desk) ssh(alias string, command ...string) (string, error) {
	args := append([]string{"-F", filepath.Join(d.home.SSH(), "config"), "-o", "BatchMode=yes", alias}, command...)
	out, err := d.command("ssh", args...).CombinedOutput()
	return string(out), err
}
