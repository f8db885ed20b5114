package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"baissh/proxy/backendai/backendaitest"
	"baissh/proxy/folders"
	"baissh/proxy/settings"
	"baissh/proxy/state"
	"baissh/svc/control"
)

// A world is a manager with sessions, a home, and an engine between them: all
// that a user of baissh has, on loopback and in a folder of the test's.
type world struct {
	*testing.T
	manager *backendaitest.Server
	home    folders.Home
	client  *control.Client
	stop    func() // ends the engine, and may be called again
	log     *syncBuffer
}

// patience is for what takes a fraction of a second on a machine with nothing
// else to do. Nothing depends on it but how late a test fails.
const patience = 30 * time.Second

// newWorld signs in and starts the engine. The sessions exist before it does.
func newWorld(t *testing.T, options backendaitest.Options, sessions ...backendaitest.SessionSpec) *world {
	t.Helper()
	w := newQuietWorld(t, options, sessions...)
	w.start()
	return w
}

// newQuietWorld signs in and starts no engine.
func newQuietWorld(t *testing.T, options backendaitest.Options, sessions ...backendaitest.SessionSpec) *world {
	t.Helper()
	if options.ContainerAccount == "" {
		options.ContainerAccount = me(t)
	}
	manager, err := backendaitest.Start(options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := manager.Close(); err != nil {
			t.Error(err)
		}
	})
	w := newHome(t)
	w.manager = manager
	for _, spec := range sessions {
		w.create(spec)
	}
	w.signIn()
	return w
}

// newHome is a world without a manager.
func newHome(t *testing.T) *world {
	t.Helper()
	home, err := folders.At(shortDir(t))
	if err != nil {
		t.Fatal(err)
	}
	w := &world{T: t, home: home, client: control.NewClient(home.Socket()), stop: func() {}, log: &syncBuffer{}}
	t.Cleanup(w.client.Close)
	return w
}

// me is the account that programs of the simulator run as.
func me(t *testing.T) string {
	t.Helper()
	u, err := user.Current()
	if err != nil {
		t.Fatal(err)
	}
	return u.Username
}

// shortDir has room for the name of a socket below it. Links in it are resolved.
func shortDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "bai")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	if dir, err = filepath.EvalSymlinks(dir); err != nil {
		t.Fatal(err)
	}
	return dir
}

func (w *world) create(spec backendaitest.SessionSpec) *backendaitest.Session {
	w.Helper()
	session, err := w.manager.CreateSession(spec)
	if err != nil {
		w.Fatal(err)
	}
	return session
}

func (w *world) signIn() {
	w.Helper()
	w.signInAt(w.manager.URL())
}

// signInAt takes another way to the manager.
func (w *world) signInAt(endpoint string) {
	w.Helper()
	access, secret := w.manager.KeyPair()
	w.baissh(secret, "login", endpoint, "--access-key", access, "--secret-key-stdin",
		"--write-ssh-config=yes", "--ca-file", w.manager.CAFile())
	w.set("profiles.default", "account", me(w.T))
}

// set edits the settings, as their owner could with an editor.
func (w *world) set(table, key, value string) {
	w.Helper()
	if err := settings.Apply(w.home, settings.Edit{Table: table, Key: key, Value: value}); err != nil {
		w.Fatal(err)
	}
}

// baissh runs a verb that must succeed, and returns what it printed.
func (w *world) baissh(stdin string, args ...string) string {
	w.Helper()
	var out, complaint bytes.Buffer
	args = append([]string{"--home", w.home.Dir}, args...)
	if code := run(w.Context(), args, strings.NewReader(stdin), &out, &complaint); code != exitOK {
		w.Fatalf("baissh %s: status %d: %s", strings.Join(args, " "), code, complaint.String())
	}
	return out.String()
}

// start runs the engine, as "baissh run" does, until stop or the end of the test.
func (w *world) start() {
	w.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan int, 1)
	go func() {
		ended <- run(ctx, []string{"--home", w.home.Dir, "run", "--verbose"}, nil, io.Discard, w.log)
	}()
	stopped := false
	w.stop = func() {
		if stopped {
			return
		}
		stopped = true
		cancel()
		if code := <-ended; code != exitOK {
			w.Errorf("the engine ended with status %d", code)
		}
	}
	stop := w.stop
	w.Cleanup(func() {
		stop()
		if w.Failed() {
			w.Logf("the engine's log:\n%s", w.log)
		}
	})
}

// until waits for the Snapshot to be as it should, and returns it.
func (w *world) until(what string, good func(*state.Snapshot) bool) *state.Snapshot {
	w.Helper()
	return w.within(patience, what, good)
}

// within is until, for what takes its time.
func (w *world) within(limit time.Duration, what string, good func(*state.Snapshot) bool) *state.Snapshot {
	w.Helper()
	ctx, cancel := context.WithTimeout(w.Context(), limit)
	defer cancel()
	var last *state.Snapshot
	for index := uint64(0); ; {
		s, err := w.client.Status(ctx, index)
		switch {
		case ctx.Err() != nil:
			w.Fatalf("not within %s: %s; last was %+v", limit, what, last)
		case errors.Is(err, control.ErrNoEngine):
			pauseBriefly(ctx)
			continue
		case err != nil:
			w.Fatal(err)
		}
		if last, index = s, s.Index; good(s) {
			return s
		}
	}
}

// ready waits for a host that ssh can log in to.
func (w *world) ready(alias string) state.Host {
	w.Helper()
	return w.host(alias, func(h state.Host) bool { return h.State == state.Ready })
}

// host waits for a host that is as it should be.
func (w *world) host(alias string, good func(state.Host) bool) state.Host {
	w.Helper()
	var found state.Host
	w.until("the right "+alias, func(s *state.Snapshot) bool {
		h, ok := s.Host(alias)
		found = h
		return ok && good(h)
	})
	return found
}

// gone waits until no session answers to a name.
func (w *world) gone(alias string) {
	w.Helper()
	w.until(alias+" gone", isGone(alias))
}

func isGone(alias string) func(*state.Snapshot) bool {
	return func(s *state.Snapshot) bool {
		h, ok := s.Host(alias)
		return !ok || h.State == state.Over
	}
}

// lasts is for what is to last for some time. For what is to come there are until and
// eventually.
func lasts(d time.Duration) { <-time.After(d) }

// config is the ssh config of the world's home.
func (w *world) config() string { return filepath.Join(w.home.SSH(), "config") }

// A result is what became of a program.
type result struct {
	out, complaint string
	err            error
	took           time.Duration
}

// program runs a program in the world's home, without the user's agent.
func (w *world) program(stdin io.Reader, name string, args ...string) result {
	w.Helper()
	ctx, cancel := context.WithTimeout(w.Context(), 2*patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Stdin = stdin
	cmd.Dir = w.home.Dir
	cmd.Env = w.environment()
	var r result
	var out, complaint bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &complaint
	cmd.WaitDelay = time.Second
	started := time.Now()
	r.err = cmd.Run()
	r.took = time.Since(started)
	r.out, r.complaint = out.String(), complaint.String()
	if ctx.Err() != nil {
		r.err = fmt.Errorf("%s did not end: %w", name, ctx.Err())
	}
	return r
}

func (w *world) environment() []string {
	env := (&demo{home: w.home}).environment()
	return append(env, "GIT_CONFIG_GLOBAL=/dev/null", "GIT_SSH_COMMAND=ssh -F "+w.config(), "LC_ALL=C.UTF-8")
}

// ssh runs ssh with the world's config.
func (w *world) ssh(args ...string) result {
	w.Helper()
	return w.program(nil, "ssh", append([]string{"-F", w.config(), "-o", "BatchMode=yes"}, args...)...)
}

// good fails unless the program ended well and had nothing to complain of.
func (w *world) good(r result) string {
	w.Helper()
	if r.err != nil || r.complaint != "" {
		w.Fatalf("%v: %s%s", r.err, r.out, r.complaint)
	}
	return r.out
}

// file makes one of the user's files.
func (w *world) file(name, text string) {
	w.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		w.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		w.Fatal(err)
	}
}

// text reads a file of the home, "" if there is none.
func (w *world) text(path ...string) string {
	w.Helper()
	text, err := os.ReadFile(filepath.Join(append([]string{w.home.Dir}, path...)...))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		w.Fatal(err)
	}
	return string(text)
}

// need skips a test where a program is not there. .ci/test-deps installs all of
// them on Debian, and CI runs there.
func need(t *testing.T, programs ...string) {
	t.Helper()
	for _, name := range programs {
		if _, err := exec.LookPath(name); err != nil {
			t.Skipf("needs %s, which .ci/test-deps installs: %v", name, err)
		}
	}
}
