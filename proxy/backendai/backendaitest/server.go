package backendaitest

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// Options say which manager to play. The zero value is a manager of
// [DefaultRelease] on a free port.
type Options struct {
	Release          string        // a name of [Releases]; that of [ReleaseVariable] if empty
	TLS              bool          // serve https with a certificate of [Server.CAFile]
	SSH              SSHServer     // behind sessions that do not say otherwise; [InProcess] if empty
	ContainerAccount string        // the account that ssh logs in to; "work" if empty
	ClockSkew        time.Duration // the manager's clock minus ours
	PingInterval     time.Duration // between the pings of an event stream; 15 s if zero
	CrashDelay       time.Duration // from a crash to TERMINATED; as the release has it if zero
	RateLimit        int           // requests in 15 minutes; 30000 if zero
	LoginAge         time.Duration // how long a login at the web server lasts; 7 days if zero
	BrowserLogin     bool          // the web server's page can hand its login to a program
	MessageLimit     int64         // of a tunnel's frame in bytes, itself refused; 4 MiB if zero
	ProxyCut         time.Duration // a proxy in front ends what brought nothing from behind it for so long; never if zero
	ForgetsSSH       bool          // the manager runs on Python 3.11.2 or so: the end of a tunnel is none for the ssh server
	Network          *Network      // what it and its in-process ssh servers listen on; nil is loopback
}

// ReleaseVariable names the environment variable by which a whole suite of tests is
// played on another release.
const ReleaseVariable = "BACKENDAITEST_RELEASE"

// BrokenVariable names the environment variable that makes one of [Columns] lie. It
// shows whether any test would notice: one must fail.
const BrokenVariable = "BACKENDAITEST_BROKEN"

// A Server is a manager, its users, their sessions and what it was asked. All
// its methods may be called at any time from any goroutine.
type Server struct {
	options Options
	release release
	folder  string
	secure  *authority // nil without TLS
	keys    *keyStock
	events  eventHub
	watch   watchers
	agent   chan struct{} // holds a token of the one whom a busy agent answers

	ctx    context.Context // ends with the server
	cancel context.CancelFunc
	tasks  sync.WaitGroup // goroutines that Close waits for

	manager, web door

	mu        sync.Mutex // guards what follows, and the fields of users and sessions
	users     []*user
	pairs     map[string]*keyPair
	first     *keyPair
	sessions  []*Session
	faults    []*injected
	requests  []*Request
	tunnelLog []*TunnelRecord
	tunnels   map[*tunnel]bool     // whether the goodbye is still to come
	logins    map[string]*webLogin // by id
	failures  map[string]loginFailures
	webOpen   int         // tunnels through the web server
	opened    int         // tunnels that were answered with 101
	peak      int         // the most that were open at a time
	most      Connections // see AllConnections
}

// Start starts a manager with one user and no sessions.
func Start(options Options) (*Server, error) {
	orElse(&options.Release, os.Getenv(ReleaseVariable))
	release, err := findRelease(options.Release, os.Getenv(BrokenVariable))
	if err != nil {
		return nil, err
	}
	s := &Server{
		options: options.withDefaults(), release: release, agent: make(chan struct{}, 1),
		pairs: map[string]*keyPair{}, tunnels: map[*tunnel]bool{},
		logins: map[string]*webLogin{}, failures: map[string]loginFailures{},
	}
	if s.folder, err = makeFolder(); err != nil {
		return nil, err
	}
	s.manager.port, s.web.port = "0", "0"
	s.ctx, s.cancel = context.WithCancel(context.Background())
	s.keys = startKeyStock(s.ctx)
	s.first = s.addUser(User{Email: "user@example.com", Password: "correct horse"})
	if err := errors.Join(s.prepareTLS(), s.Up(), s.WebUp()); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// makeFolder avoids symbolic links in the path, so that what programs in a
// container say of their folder compares equal to what we say.
func makeFolder() (string, error) {
	folder, err := os.MkdirTemp("", "backendaitest-")
	if err != nil {
		return "", err
	}
	return filepath.EvalSymlinks(folder)
}

func (o Options) withDefaults() Options {
	orElse(&o.SSH, InProcess)
	orElse(&o.ContainerAccount, "work")
	orElse(&o.PingInterval, 15*time.Second)
	orElse(&o.RateLimit, 30000)
	orElse(&o.LoginAge, 7*24*time.Hour)
	// Managers take 16 MiB and their web servers 4 MiB: a client must live with less.
	orElse(&o.MessageLimit, 4<<20)
	return o
}

func orElse[T comparable](value *T, fallback T) {
	var zero T
	if *value == zero {
		*value = fallback
	}
}

// URL is the manager's endpoint. It stays the same over Down and Up.
func (s *Server) URL() string { return s.manager.url(s.secure != nil) }

// WebURL is the endpoint of the web server before the manager.
func (s *Server) WebURL() string { return s.web.url(s.secure != nil) }

// Close ends everything that the server started, sessions and their programs
// included, and removes its folder.
func (s *Server) Close() error {
	s.WebDown()
	s.Down()
	s.cancel()
	for _, session := range s.Sessions() {
		session.stopContainer()
		session.stopOthers()
	}
	s.tasks.Wait()
	s.keys.close()
	return os.RemoveAll(s.folder)
}

// errStopped is why connections end when the manager stops.
var errStopped = errors.New("the manager stops")

// Up listens again, on the address of the first time. It does nothing while
// the manager is up.
func (s *Server) Up() error { return s.manager.open(s, s.answer) }

// Down plays a manager that stops: tunnels are closed with 1001, event streams
// end, nothing listens. Sessions and their ssh servers live on.
func (s *Server) Down() { s.manager.close() }

// WebUp has the web server listen again.
func (s *Server) WebUp() error { return s.web.open(s, s.answerWeb) }

// WebDown plays a web server that stops. Logins live on, as they do in its store.
func (s *Server) WebDown() { s.web.close() }
