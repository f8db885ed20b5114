package proxy

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"os"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/crypto/ssh"

	"baissh/proxy/awake"
	"baissh/proxy/backendai"
	"baissh/proxy/backendai/backendaitest"
	"baissh/proxy/folders"
	"baissh/proxy/settings"
	"baissh/proxy/state"
)

// A stage is a whole engine and its manager in a bubble of time: an hour on it takes a
// second. All is as in life but the network, which is in memory, and that no file is
// watched.
type stage struct {
	*testing.T
	network *backendaitest.Network
	manager *backendaitest.Server
	engine  *Engine
}

// A mode is what the engine signs in at.
type mode string

const (
	apiMode mode = "api"     // a manager
	webMode mode = "session" // its web server
)

// onStage plays a test in a bubble, in which the sessions run and are ready.
func onStage(t *testing.T, m mode, options backendaitest.Options, sessions int, play func(*stage)) {
	t.Helper()
	home, err := folders.At(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		s := &stage{T: t, network: &backendaitest.Network{}}
		options.Network = s.network
		if s.manager, err = backendaitest.Start(options); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := s.manager.Close(); err != nil {
				t.Error(err)
			}
		})
		for i := range sessions {
			s.create(fmt.Sprintf("idle-%d", i))
		}
		s.signIn(home, m)
		s.run(home)
		s.pass(time.Minute)
		s.ready(sessions)
		play(s)
	})
}

// pass lets time go by, until all that was to happen in it has.
func (s *stage) pass(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

func (s *stage) create(name string) *backendaitest.Session {
	s.Helper()
	session, err := s.manager.CreateSession(backendaitest.SessionSpec{Name: name})
	if err != nil {
		s.Fatal(err)
	}
	return session
}

// signIn writes what "baissh login" does.
func (s *stage) signIn(home folders.Home, m mode) {
	s.Helper()
	access, secret := s.manager.KeyPair()
	endpoint := s.manager.URL()
	if m == webMode {
		endpoint = s.manager.WebURL()
		secret = s.passwordLogin()
	}
	text := fmt.Sprintf("other_users = \"allow\"\nfilezilla.write = \"off\"\nssh.write = \"print\"\n[profiles.default]\n"+
		"endpoint = %q\nendpoint_type = %q\naccess_key = %q\nsecret = \"file\"\n", endpoint, m, access)
	for _, dir := range []string{home.Config, home.State} {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			s.Fatal(err)
		}
	}
	if err := os.WriteFile(home.SettingsFile(), []byte(text), 0o600); err != nil {
		s.Fatal(err)
	}
	set, err := settings.Load(home)
	if err == nil {
		conf := set.Profiles["default"]
		err = settings.SecretsOf(conf.Secret, home).Set(s.Context(), conf, secret)
	}
	if err != nil {
		s.Fatal(err)
	}
}

// passwordLogin is what is kept of a sign-in at the web server.
func (s *stage) passwordLogin() (secret string) {
	s.Helper()
	c, err := backendai.New(backendai.Config{Endpoint: s.manager.WebURL(), Login: &backendai.WebLogin{}, Dial: s.network.DialContext})
	if err != nil {
		s.Fatal(err)
	}
	defer c.Close()
	user, password := s.manager.Password()
	made, err := c.LogIn(s.Context(), backendai.Password{User: user, Password: password})
	if err != nil {
		s.Fatal(err)
	}
	return settings.WebLogin{ID: made.SessionID, Expires: made.Expires}.Secret()
}

// run is Engine.Run, but for the files that nobody watches.
func (s *stage) run(home folders.Home) {
	e := New(home, "stage", slog.New(slog.NewTextHandler(testLog{s.T}, &slog.HandlerOptions{Level: slog.LevelDebug})))
	e.dial, e.listen = s.network.DialContext, s.network.Listen
	e.memory = newMemory()
	e.board.start(e.Version)
	ctx, cancel := context.WithCancel(s.Context())
	e.running = ctx
	e.work.Go(func() {
		awake.Watch{}.Run(ctx, func(ev awake.Event) { e.post(ctx, func() { e.renew(ev) }) })
	})
	e.readSettings()
	var loop sync.WaitGroup
	loop.Go(func() { e.loop(ctx) })
	s.engine = e
	s.Cleanup(func() { cancel(); loop.Wait(); e.stop() })
}

// testLog keeps what the engine says for a test that fails.
type testLog struct{ *testing.T }

func (l testLog) Write(p []byte) (int, error) {
	l.Logf("%s %s", time.Now().Format(time.TimeOnly), strings.TrimSpace(string(p)))
	return len(p), nil
}

// ready wants so many hosts that ssh can log in to.
func (s *stage) ready(n int) {
	s.Helper()
	for _, h := range s.engine.Status(s.Context(), 0).Hosts {
		if h.State == state.Ready {
			n--
		}
	}
	if n != 0 {
		s.Fatalf("%d hosts are missing of those that should be ready: %+v", n, s.engine.Status(s.Context(), 0).Hosts)
	}
}

// A shell is somebody who is logged in by a line.
type shell struct {
	*ssh.Client
	ended chan struct{} // closed with the connection
}

func (s *stage) hostOf(session *backendaitest.Session) state.Host {
	s.Helper()
	h, ok := s.engine.Status(s.Context(), 0).Host(session.ID())
	if !ok {
		s.Fatalf("session %s is no host", session.Name())
	}
	return h
}

// connect connects to a session's port, and says nothing yet.
func (s *stage) connect(session *backendaitest.Session) net.Conn {
	s.Helper()
	conn, err := s.network.DialContext(s.Context(), "tcp", net.JoinHostPort("127.0.0.1", itoa(s.hostOf(session).Port)))
	if err != nil {
		s.Fatal(err)
	}
	return conn
}

// logIn comes by a session's line, as an ssh client does. Until it opens a channel, the
// ssh server is silent.
func (s *stage) logIn(session *backendaitest.Session) *shell {
	s.Helper()
	sh, err := s.tryLogIn(session)
	if err != nil {
		s.Fatal(err)
	}
	return sh
}

func (s *stage) tryLogIn(session *backendaitest.Session) (*shell, error) {
	s.Helper()
	h := s.hostOf(session)
	key, err := os.ReadFile(h.IdentityFile)
	if err != nil {
		s.Fatal(err)
	}
	signer, err := ssh.ParsePrivateKey(key)
	if err != nil {
		s.Fatal(err)
	}
	conn := s.connect(session)
	c, channels, requests, err := ssh.NewClientConn(conn, "", &ssh.ClientConfig{
		User: h.Account, Auth: []ssh.AuthMethod{ssh.PublicKeys(signer)}, HostKeyCallback: ssh.InsecureIgnoreHostKey(),
	})
	if err != nil {
		return nil, err
	}
	sh := &shell{ssh.NewClient(c, channels, requests), make(chan struct{})}
	go func() { defer close(sh.ended); c.Wait() }()
	s.Cleanup(func() { sh.Close(); <-sh.ended })
	return sh, nil
}
