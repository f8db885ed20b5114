//go:build !real

package site

import (
	"context"
	"errors"
	"os"
	"os/user"
	"time"

	"baissh/proxy/backendai/backendaitest"
)

// Real reports whether [Start] starts a real one.
const Real = false

// Releases are those that can be started.
func Releases() []string { return backendaitest.Releases() }

// A simulated is the simulator as a site.
type simulated struct {
	*backendaitest.Server
	release string
	account string
	pairs   map[User][2]string
}

// Start starts the simulator, as the release on which a whole suite is played if there
// is one.
func Start() (Site, error) {
	return StartAs(Options{Release: os.Getenv(backendaitest.ReleaseVariable)})
}

// StartAs starts the simulator as a release.
func StartAs(options Options) (Site, error) {
	if options.Release == "" {
		options.Release = Release
	}

	me, err := user.Current() // whom the simulator's ssh servers run as
	if err != nil {
		return nil, err
	}
	server, err := backendaitest.Start(backendaitest.Options{
		Release: options.Release, CrashDelay: options.CrashDelay, ContainerAccount: me.Username,
	})
	if err != nil {
		return nil, err
	}
	s := &simulated{Server: server, release: options.Release, account: me.Username, pairs: map[User][2]string{}}
	if err := s.populate(); err != nil {
		return nil, errors.Join(err, server.Close())
	}
	return s, nil
}

func (s *simulated) populate() error {
	access, secret := s.Server.KeyPair()
	s.pairs[Alice] = [2]string{access, secret}
	access, secret, err := s.AddKeyPair(access)
	s.pairs[Alice2] = [2]string{access, secret}
	for name, who := range map[User]backendaitest.User{Bob: {NoSSHKey: true}, Dave: {RateLimit: 30}} {
		who.Email, who.Password = s.passwordOf(name)
		access, secret := s.AddUser(who)
		s.pairs[name] = [2]string{access, secret}
	}
	return err
}

func (*simulated) passwordOf(who User) (name, password string) {
	return string(who) + "@example.com", string(who) + "'s"
}

func (s *simulated) Password(who User) (name, password string) {
	if who == Alice {
		return s.Server.Password()
	}
	return s.passwordOf(who)
}

func (s *simulated) KeyPair(who User) (access, secret string) {
	return s.pairs[who][0], s.pairs[who][1]
}

func (s *simulated) Release() string { return s.release }

func (s *simulated) Account() string { return s.account }

func (s *simulated) Down() error {
	s.Server.Down()
	return nil
}

func (s *simulated) WebDown() error {
	s.Server.WebDown()
	return nil
}

func (s *simulated) LoginsLast(age time.Duration) error {
	s.Server.WebDown()
	s.Server.LoginsLast(age)
	return s.WebUp()
}

// sshServers are the simulator's kinds.
var sshServers = map[SSHServer]backendaitest.SSHServer{
	"": backendaitest.InProcess, Shipped: backendaitest.InProcess, NoApp: backendaitest.InProcess,
	Debian: backendaitest.Dropbear, OpenSSH: backendaitest.OpenSSH, Dead: backendaitest.NoServer,
}

func (s *simulated) Create(spec Spec) (Session, error) {
	if spec.User == "" {
		spec.User = Alice
	}
	played := backendaitest.SessionSpec{
		Name: spec.Name, AccessKey: s.pairs[spec.User][0], SSH: sshServers[spec.SSH], NoSSHApp: spec.SSH == NoApp,
		Containers: spec.Containers,
	}
	if spec.Authorized != "" {
		played.Key, played.AuthorizedKey = backendaitest.KeyMissing, spec.Authorized
	}
	if spec.Pending {
		played.Status = "PENDING"
	}
	session, err := s.CreateSession(played)
	if err != nil {
		return nil, err
	}
	return simulatedSession{session, s.Server, spec.MovesPorts}, nil
}

// A simulatedSession does at once what it is told, but for crashing.
type simulatedSession struct {
	*backendaitest.Session
	server     *backendaitest.Server
	movesPorts bool
}

func (s simulatedSession) Restart() error {
	if s.movesPorts {
		s.server.Inject(backendaitest.Fault{At: backendaitest.Tunnel, Kind: backendaitest.RefuseSSH, Session: s.Session})
	}
	return s.Session.Restart()
}

func (s simulatedSession) End() error {
	s.Session.End()
	return nil
}

func (s simulatedSession) Discard() { s.Session.End() }

func (s simulatedSession) Rename(name string) error {
	return s.Session.Rename(name)
}

func (s simulatedSession) Crash() error {
	s.Session.Crash()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	return s.server.Wait(ctx, func() bool { return s.Status() == "TERMINATED" })
}

func (s simulatedSession) StopSSH() error {
	s.Session.StopSSH()
	return nil
}
