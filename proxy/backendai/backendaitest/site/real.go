//go:build real

package site

import (
	"bytes"
	"cmp"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"baissh/proxy/backendai/backendaitest"
)

// Real reports whether [Start] starts a real one.
const Real = true

// Releases are those that can be started: the one of the scripts' packages, or what
// their overlay is, which the environment says as it does for the simulator.
func Releases() []string {
	return []string{cmp.Or(os.Getenv(backendaitest.ReleaseVariable), Release)}
}

// A realSite is the server that .ci/real-backendai starts. It goes on when it is
// closed: who started it ends it.
type realSite struct {
	folder   string // of the scripts
	said     realServer
	loginAge time.Duration // 0 is what the scripts have

	changing sync.Mutex // of two changes at a time, the manager answers one with 500

	lock sync.Mutex // guards what follows
	made []*realSession
}

// A realServer is what "up" says of it.
type realServer struct {
	Release string            `json:"release"`
	Manager string            `json:"manager"`
	Web     string            `json:"webserver"`
	Folder  string            `json:"run_dir"`
	Users   map[User]realUser `json:"users"`
	Alice2  realUser          `json:"second_keypair_of_alice"`
}

type realUser struct {
	Access   string `json:"access_key"`
	Secret   string `json:"secret_key"`
	Email    string `json:"email"`
	Password string `json:"password"`
}

// Erin is a user whom only a real one has: it ends her sessions when they were idle
// for IdleLimit.
const (
	Erin      User = "erin"
	IdleLimit      = 30 * time.Second
)

// Start starts the real server, or takes the one that runs.
func Start() (Site, error) { return StartAs(Options{}) }

// StartAs does so for those who ask for a release.
func StartAs(options Options) (Site, error) {
	wanted := cmp.Or(options.Release, Releases()[0])
	folder, err := findScripts()
	if err != nil {
		return nil, err
	}
	c := &realSite{folder: folder}
	if err := c.Up(); err != nil {
		return nil, err
	}
	if c.Release() != wanted {
		return nil, fmt.Errorf("start a real server of %s: there is one of %s", wanted, c.Release())
	}
	return c, nil
}

// findScripts looks from a test's folder up to the root of the module.
func findScripts() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for ; ; dir = filepath.Dir(dir) {
		scripts := filepath.Join(dir, ".ci", "real-backendai")
		if _, err := os.Stat(scripts); err == nil {
			return scripts, nil
		}
		if dir == filepath.Dir(dir) {
			return "", errors.New("start a real server: no .ci/real-backendai above this folder")
		}
	}
}

func (c *realSite) Release() string { return c.said.Release }

func (c *realSite) URL() string    { return c.said.Manager }
func (c *realSite) WebURL() string { return c.said.Web }

func (c *realSite) KeyPair(who User) (access, secret string) {
	pair := c.said.Users[who]
	if who == Alice2 {
		pair = c.said.Alice2
	}
	return pair.Access, pair.Secret
}

func (c *realSite) Password(who User) (name, password string) {
	return c.said.Users[who].Email, c.said.Users[who].Password
}

func (c *realSite) Account() string { return "work" }

func (c *realSite) Up() error      { return c.run(&c.said, "up") }
func (c *realSite) Down() error    { return c.run(nil, "down", "manager") }
func (c *realSite) WebUp() error   { return c.Up() }
func (c *realSite) WebDown() error { return c.run(nil, "down", "web") }

func (c *realSite) LoginsLast(age time.Duration) error {
	if err := c.WebDown(); err != nil {
		return err
	}
	c.loginAge = age
	return c.Up()
}

func (c *realSite) Close() error {
	c.lock.Lock()
	defer c.lock.Unlock()
	var all error
	for _, s := range c.made {
		if !s.ended {
			all = errors.Join(all, s.End())
		}
	}
	return all
}

// forget leaves the sessions to end with the server.
func (c *realSite) forget() {
	c.lock.Lock()
	defer c.lock.Unlock()
	for _, s := range c.made {
		s.ended = true
	}
}

// run runs a script, and reads the JSON that it prints.
func (c *realSite) run(said any, script string, args ...string) error {
	var out, complaint bytes.Buffer
	cmd := exec.Command(filepath.Join(c.folder, script), args...)
	cmd.Stdout, cmd.Stderr = &out, &complaint
	if c.loginAge > 0 {
		cmd.Env = append(os.Environ(), fmt.Sprintf("REAL_BACKENDAI_LOGIN_AGE=%.0f", c.loginAge.Seconds()))
	}
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("%s %v: %w: %s", script, args, err, complaint.String())
	}
	if said == nil {
		return nil
	}
	return json.Unmarshal(out.Bytes(), said)
}

// change has the script "session" do something, alone.
func (c *realSite) change(said any, args ...string) error {
	c.changing.Lock()
	defer c.changing.Unlock()
	return c.run(said, "session", args...)
}

func (c *realSite) Create(spec Spec) (Session, error) {
	if spec.Name == "" {
		spec.Name = "session-" + strings.ToLower(rand.Text()[:8])
	}
	if spec.User == "" {
		spec.User = Alice
	}
	args := []string{"create", spec.Name, "--user", string(spec.User)}
	if spec.SSH != "" {
		args = append(args, "--sshd", string(spec.SSH))
	}
	if spec.Authorized != "" {
		args = append(args, "--key", "mounted", "--env", "RB_AUTHORIZED="+spec.Authorized)
	}
	if spec.Containers > 1 {
		args = append(args, "--cluster", fmt.Sprint(spec.Containers))
	}
	if spec.Pending {
		args = append(args, "--pending")
	}
	if spec.MovesPorts {
		args = append(args, "--env", "RB_RESTART_PORTS=new")
	}
	var made struct {
		ID      string `json:"id"`
		Pending string `json:"sessionId"`
	}
	if err := c.change(&made, args...); err != nil {
		return nil, err
	}
	s := &realSession{site: c, id: made.ID + made.Pending, name: spec.Name, user: spec.User}
	c.lock.Lock()
	defer c.lock.Unlock()
	c.made = append(c.made, s)
	return s, nil
}

// A realSession is driven by the script "session".
type realSession struct {
	site     *realSite
	id, name string
	user     User
	ended    bool
}

func (s *realSession) ID() string   { return s.id }
func (s *realSession) Name() string { return s.name }

func (s *realSession) run(verb string, args ...string) error {
	args = append([]string{verb, s.id}, args...)
	return s.site.change(nil, append(args, "--user", string(s.user))...)
}

func (s *realSession) End() error {
	s.ended = true
	return s.run("terminate")
}

func (s *realSession) Discard() {
	if !s.ended {
		s.ended = true
		_ = s.run("terminate", "--no-wait") // if it does not end now, it does with the server
	}
}

func (s *realSession) Restart() error { return s.run("restart") }

func (s *realSession) Rename(name string) error {
	err := s.run("rename", name)
	if err == nil {
		s.name = name
	}
	return err
}

func (s *realSession) Crash() error {
	s.ended = true
	return s.run("crash")
}

func (s *realSession) StopSSH() error { return s.run("sshd", "stop") }

func (s *realSession) StartSSH() error { return s.run("sshd", "start") }
