package main

import (
	"encoding/pem"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"baissh/proxy/backendai/backendaitest"
	"baissh/proxy/state"
)

// undisturbed is how soon a healthy profile's session answers, whatever ails others.
// It takes a fraction of a second; who waits for a manager waits for ten or thirty.
const undisturbed = 5 * time.Second

// addProfile signs in to a manager of its own, which has a session "work".
func (w *world) addProfile(profile string, options backendaitest.Options) *backendaitest.Server {
	w.Helper()
	options.ContainerAccount = me(w.T)
	manager, err := backendaitest.Start(options)
	if err != nil {
		w.Fatal(err)
	}
	w.Cleanup(func() { manager.Close() })
	if _, err := manager.CreateSession(backendaitest.SessionSpec{Name: "work"}); err != nil {
		w.Fatal(err)
	}
	access, secret := manager.KeyPair()
	w.baissh(secret, "login", manager.URL(), "--profile", profile, "--access-key", access, "--secret-key-stdin", "--ca-file", manager.CAFile())
	w.set("profiles."+profile, "account", me(w.T))
	return manager
}

// An ailment is what may be wrong with one profile, and what status says of it.
type ailment struct {
	options backendaitest.Options
	befall  func(w *world, m *backendaitest.Server)
	heal    func(w *world, m *backendaitest.Server)
	says    string
}

var ailments = map[string]ailment{
	"down": {
		befall: func(_ *world, m *backendaitest.Server) { m.Down() },
		heal:   func(w *world, m *backendaitest.Server) { w.noError(m.Up()) },
		says:   "profile down: unreachable: the manager at http://127.0.0.1:",
	},
	"silent": fault("", backendaitest.Fault{Kind: backendaitest.Hang}),
	"slow":   fault("", backendaitest.Fault{Kind: backendaitest.SlowBody, Delay: 30 * time.Millisecond}),
	"expired": {
		befall: func(_ *world, m *backendaitest.Server) { access, _ := m.KeyPair(); m.ExpireKeyPair(access) },
		heal:   func(_ *world, m *backendaitest.Server) { access, _ := m.KeyPair(); m.ReviveKeyPair(access) },
		says:   `profile expired: signed-out: the manager refused the key pair of profile "expired"; sign in again: baissh login --profile expired`,
	},
	"forged": {
		options: backendaitest.Options{TLS: true},
		befall:  func(w *world, _ *backendaitest.Server) { w.trust("forged", w.strangersAuthority()) },
		heal:    func(w *world, m *backendaitest.Server) { w.trust("forged", m.CAFile()) },
		says:    "is not trusted: x509: certificate signed by unknown authority",
	},
	"broken": {
		befall: func(w *world, _ *backendaitest.Server) { w.set("profiles.broken", "server_key", "nonsense") },
		heal:   func(w *world, _ *backendaitest.Server) { w.set("profiles.broken", "server_key", "") },
		says:   `profile "broken" cannot be used: parse server_key`,
	},
	"mistaken": {
		befall: func(w *world, _ *backendaitest.Server) { w.misspell("mistaken", "file", "head") },
		heal:   func(w *world, _ *backendaitest.Server) { w.misspell("mistaken", "head", "file") },
		says:   `profiles.mistaken: secret: want "keyring" or "file", not "head"`,
	},
}

func fault(says string, f backendaitest.Fault) ailment {
	undo := func() {}
	return ailment{
		befall: func(_ *world, m *backendaitest.Server) { undo = m.Inject(f) },
		heal:   func(*world, *backendaitest.Server) { undo() },
		says:   says,
	}
}

// misspell has the user write a profile's kind of secret with an editor.
func (w *world) misspell(profile, is, should string) {
	w.Helper()
	before, after, _ := strings.Cut(w.text(".config", "baissh", "settings.toml"), "[profiles."+profile+"]")
	after = strings.Replace(after, "secret = \""+is+"\"", "secret = \""+should+"\"", 1)
	w.file(w.home.SettingsFile(), before+"[profiles."+profile+"]"+after)
}

func (w *world) noError(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

func (w *world) trust(profile, caFile string) { w.set("profiles."+profile, "ca_file", caFile) }

// strangersAuthority is an authority that has signed nobody's certificate here.
func (w *world) strangersAuthority() string {
	w.Helper()
	stranger, err := backendaitest.Start(backendaitest.Options{TLS: true})
	w.noError(err)
	defer stranger.Close()
	if block, _ := pem.Decode(stranger.CAPEM()); block == nil {
		w.Fatal("no certificate")
	}
	file := filepath.Join(w.home.Dir, "stranger.pem")
	w.noError(os.WriteFile(file, stranger.CAPEM(), 0o600))
	return file
}

// Whatever ails some profiles, before the start or while they are at work: the others'
// sessions come, answer and go as if they were alone.
func TestOneProfileDoesNotDisturbAnother(t *testing.T) {
	need(t, "ssh")
	w := newQuietWorld(t, backendaitest.Options{}, demoSpec)
	managers := map[string]*backendaitest.Server{}
	for name, a := range ailments {
		managers[name] = w.addProfile(name, a.options)
	}
	w.start()
	w.ready("bai-demo")
	ports := map[string]int{}
	for name := range ailments {
		h := w.ready("bai-" + name + "-work")
		ports[name] = h.Port
		w.good(w.ssh(h.Alias, "true"))
	}
	for name, a := range ailments {
		a.befall(w, managers[name])
	}
	w.noError(w.client.Reload(w.Context()))
	w.until("what ails them is said", func(*state.Snapshot) bool { return w.allSay() })
	w.healthy("while they are at work")

	w.stop()
	w.start()
	w.healthy("at the start")
	for name := range ailments { // nor is what they had lost
		h, ok := w.status().Host("bai-" + name + "-work")
		if !ok || h.Port != ports[name] || !strings.Contains(w.text(".ssh", "bai", "config"), "Host bai-"+name+"-work\n") {
			t.Errorf("%s had port %d, and is %+v", name, ports[name], h)
		}
	}
	w.until("what ails them is said again", func(*state.Snapshot) bool { return w.allSay() })

	for name, a := range ailments {
		a.heal(w, managers[name])
	}
	w.baissh("", "reload")
	for name := range ailments {
		h := w.ready("bai-" + name + "-work")
		if h.Port != ports[name] {
			t.Errorf("%s has port %d, had %d", h.Alias, h.Port, ports[name])
		}
		w.good(w.ssh(h.Alias, "true"))
	}
}

func (w *world) status() *state.Snapshot {
	w.Helper()
	s, err := w.client.Status(w.Context(), 0)
	w.noError(err)
	return s
}

func (w *world) allSay() bool {
	out := w.baissh("", "status")
	for _, a := range ailments {
		if !strings.Contains(out, a.says) {
			return false
		}
	}
	return true
}

// healthy has a session of the default profile come, answer and go.
func (w *world) healthy(when string) {
	w.Helper()
	began := time.Now()
	w.ready("bai-demo")
	w.good(w.ssh("bai-demo", "true"))
	w.quick(when+", the log-in", began)

	w.eventually("the event stream is open", func() bool { return w.manager.EventStreams() == 1 })
	began = time.Now()
	session := w.create(backendaitest.SessionSpec{Name: "fresh"})
	w.ready("bai-fresh")
	w.good(w.ssh("bai-fresh", "true"))
	w.quick(when+", a new session", began)

	began = time.Now()
	session.End()
	w.gone("bai-fresh")
	w.quick(when+", an end", began)
}

func (w *world) quick(what string, began time.Time) {
	w.Helper()
	took := time.Since(began)
	w.Logf("%s: %s", what, took.Round(time.Millisecond))
	if took > undisturbed {
		w.Errorf("%s took %s", what, took)
	}
}
