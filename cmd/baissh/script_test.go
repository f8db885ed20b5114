package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"baissh/proxy/backendai/backendaitest"
	"baissh/proxy/folders"
	"baissh/proxy/state"
	"baissh/svc/control"
)

func TestMain(m *testing.M) { testscript.Main(m, map[string]func(){"baissh": main}) }

// TestScripts runs testdata/script: one behaviour of the command line a file.
// Besides testscript's own commands they have:
//
//	manager [RELEASE]              start a manager; sets MANAGER and WEB, ACCESS_KEY and WHO, and writes the files "secret",
//	                               "password" and "login", which has the id of one that was made by a browser
//	manager down|up|expire|revive  have it stop, listen again, refuse or take the key pair
//	manager logout                 end all logins at its web server
//	manager code CODE              want a one-time code from now on
//	manager one-login              let nobody be signed in twice
//	manager logins N               fail unless there are N logins
//	session create NAME [TYPE]     also: session end NAME, session restart NAME
//	login                          sign in to the manager, with consent
//	host NAME STATE                wait until a host is in a state; "gone" if there is none
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		Setup:               setUpScript,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"manager": managerCmd, "session": sessionCmd, "login": loginScript, "host": hostCmd,
		},
	})
}

type managerKey struct{}

// scripted is the manager of a script, which starts it when it wants one.
type scripted struct{ *backendaitest.Server }

func setUpScript(env *testscript.Env) error {
	home, err := os.MkdirTemp("", "bai") // short, for a socket below it
	if err != nil {
		return err
	}
	if home, err = filepath.EvalSymlinks(home); err != nil {
		return err
	}
	env.Defer(func() { os.RemoveAll(home) })
	env.Values[managerKey{}] = &scripted{}
	env.Setenv("HOME", home)
	env.Setenv("BAISSH_HOME", home)
	env.Setenv("CONFIG", filepath.Join(home, ".ssh", "config"))
	env.Setenv("XDG_CONFIG_HOME", "")
	env.Setenv("XDG_RUNTIME_DIR", "")
	return nil
}

func managerCmd(ts *testscript.TestScript, neg bool, args []string) {
	m := ts.Value(managerKey{}).(*scripted)
	if m.Server == nil {
		startManager(ts, m, args)
		return
	}
	access, _ := m.KeyPair()
	switch first(args) {
	case "down":
		m.Down()
	case "up":
		ts.Check(m.Up())
	case "expire":
		m.ExpireKeyPair(access)
	case "revive":
		m.ReviveKeyPair(access)
	case "logout":
		m.EndLogins()
	case "code":
		m.ChangeUser(ts.Getenv("WHO"), func(u *backendaitest.User) { u.Code = args[1] })
	case "one-login":
		m.ChangeUser(ts.Getenv("WHO"), func(u *backendaitest.User) { u.MaxLogins = 1 })
	case "logins":
		if got := fmt.Sprint(m.Logins()); got != args[1] {
			ts.Fatalf("%s logins, want %s", got, args[1])
		}
	default:
		ts.Fatalf("usage: manager down|up|expire|revive|logout|code CODE|one-login|logins N")
	}
}

func startManager(ts *testscript.TestScript, m *scripted, args []string) {
	server, err := backendaitest.Start(backendaitest.Options{Release: first(args)})
	ts.Check(err)
	ts.Defer(func() { server.Close() })
	m.Server = server
	access, secret := server.KeyPair()
	ts.Setenv("MANAGER", server.URL())
	ts.Setenv("ACCESS_KEY", access)
	ts.Setenv("WEB", server.WebURL())
	who, password := server.Password()
	ts.Setenv("WHO", who)
	for name, text := range map[string]string{"secret": secret, "password": password, "login": server.LogIn()} {
		ts.Check(os.WriteFile(ts.MkAbs(name), []byte(text+"\n"), 0o600))
	}
}

func first(args []string) string {
	if len(args) == 0 {
		return ""
	}
	return args[0]
}

func sessionCmd(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) < 2 {
		ts.Fatalf("usage: session create|end|restart NAME")
	}
	m := ts.Value(managerKey{}).(*scripted)
	if args[0] == "create" {
		spec := backendaitest.SessionSpec{Name: args[1]}
		if len(args) > 2 {
			spec.Type = args[2]
		}
		_, err := m.CreateSession(spec)
		ts.Check(err)
		return
	}
	for _, session := range m.Sessions() {
		switch {
		case session.Name() != args[1] || session.Status() != "RUNNING":
		case args[0] == "end":
			session.End()
		case args[0] == "restart":
			ts.Check(session.Restart())
		}
	}
}

func loginScript(ts *testscript.TestScript, neg bool, args []string) {
	m := ts.Value(managerKey{}).(*scripted)
	access, secret := m.KeyPair()
	var out, complaint strings.Builder
	args = append([]string{
		"--home", ts.Getenv("BAISSH_HOME"), "login", m.URL(), "--access-key", access,
		"--secret-key-stdin", "--write-ssh-config=yes",
	}, args...)
	if code := run(context.Background(), args, strings.NewReader(secret), &out, &complaint); code != exitOK {
		ts.Fatalf("login: status %d: %s", code, complaint.String())
	}
}

func hostCmd(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 2 {
		ts.Fatalf("usage: host NAME STATE")
	}
	home, err := folders.At(ts.Getenv("BAISSH_HOME"))
	ts.Check(err)
	ts.Check(waitHost(ts, control.NewClient(home.Socket()), args[0], args[1]))
}

func waitHost(ts *testscript.TestScript, client *control.Client, name, want string) error {
	defer client.Close()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	var last state.Host
	for index := uint64(0); ; {
		s, err := client.Status(ctx, index)
		if ctx.Err() != nil {
			return fmt.Errorf("not within %s: %s %s; last was %+v", patience, name, want, last)
		}
		if err != nil {
			pauseBriefly(ctx)
			continue
		}
		index = s.Index
		host, found := s.Host(name)
		last = host
		if found && string(host.State) == want || want == "gone" && (!found || host.State == state.Over) {
			return nil
		}
	}
}
