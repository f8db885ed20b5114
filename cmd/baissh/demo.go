package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"baissh/proxy/backendai/backendaitest"
	"baissh/proxy/folders"
	"baissh/proxy/settings"
	"baissh/proxy/state"
	"baissh/svc"
	"baissh/svc/control"
)

func (a *app) demoCmd() *cobra.Command {
	var d demo
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "try all of it on this machine, without a Backend.AI",
		Long: `Start an embedded Backend.AI with two sessions, sign in to it in a throw-away
home, and log in to a session with this machine's own ssh, through the files
that baissh writes. Nothing of yours is read or changed.

It goes on until Ctrl-C, so that you can try more; the folder goes with it.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if a.homeFlag != "" {
				return &usageError{cmd, errors.New("a demo has a home of its own, so --home cannot be given")}
			}
			d.app = a
			return d.run(cmd.Context())
		},
	}
	cmd.Flags().BoolVar(&d.once, "once", false, "end by itself, with exit status 0 only if all of it worked")
	cmd.Flags().BoolVarP(&d.verbose, "verbose", "v", false, "show the engine's log")
	return cmd
}

// demoSession is the session that the demo logs in to.
const demoSession = "demo"

// A demo is a manager, a home and an engine that nobody else knows of.
type demo struct {
	app     *app
	once    bool
	verbose bool

	home    folders.Home
	manager *backendaitest.Server
	account string
	engine  chan error // what it ended with
}

// run sets the demo up, shows it, and takes it down again.
func (d *demo) run(ctx context.Context) (err error) {
	for _, program := range []string{"ssh", "sftp"} {
		if _, err := exec.LookPath(program); err != nil {
			return demoNeedsSSH(program)
		}
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	remove, err := d.makeHome()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, remove()) }()
	if err := d.startManager(); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.manager.Close()) }()
	if err := d.signIn(ctx); err != nil {
		return err
	}
	d.startEngine(ctx)
	defer func() { cancel(); err = errors.Join(err, <-d.engine) }()
	if err := d.show(ctx); err != nil || d.once {
		return err
	}
	d.app.sayDemoRuns(d.home)
	select {
	case <-ctx.Done():
		return nil
	case err := <-d.engine:
		d.engine <- nil // which is waited for below
		return err
	}
}

// makeHome makes a throw-away home. Symbolic links are resolved, since ssh's
// files are to name the folder as it is.
func (d *demo) makeHome() (remove func() error, err error) {
	dir, err := os.MkdirTemp("", "baissh-demo-")
	if err != nil {
		return nil, fmt.Errorf("make a throw-away home: %w", err)
	}
	// The socket's folder is elsewhere where the path is long.
	remove = func() error { return errors.Join(os.RemoveAll(dir), os.RemoveAll(d.home.Runtime)) }
	if dir, err = filepath.EvalSymlinks(dir); err == nil {
		d.home, err = folders.At(dir)
	}
	if err != nil {
		return nil, errors.Join(err, remove())
	}
	return remove, nil
}

// startManager starts a manager whose containers have one account, that of the
// user: their programs run here, as nobody else.
func (d *demo) startManager() (err error) {
	d.account = accountHere()
	d.manager, err = backendaitest.Start(backendaitest.Options{ContainerAccount: d.account})
	if err != nil {
		return fmt.Errorf("start the embedded Backend.AI: %w", err)
	}
	d.app.demoStep("an embedded Backend.AI listens at %s", d.manager.URL())
	for _, name := range []string{demoSession, "train-01"} {
		if _, err := d.manager.CreateSession(backendaitest.SessionSpec{Name: name}); err != nil {
			return errors.Join(fmt.Errorf("start a session: %w", err), d.manager.Close())
		}
	}
	d.app.demoStep("it runs two sessions, %s and train-01, with an ssh server in each", demoSession)
	return nil
}

// accountHere is the user's account, if it is one that settings may name.
func accountHere() string {
	u, err := user.Current()
	if err != nil || settings.CheckAccount(u.Username) != nil {
		return settings.DefaultAccount
	}
	return u.Username
}

// signIn does what a user does, by the same verb.
func (d *demo) signIn(ctx context.Context) error {
	access, secret := d.manager.KeyPair()
	var said bytes.Buffer
	inner := &app{in: strings.NewReader(secret), out: io.Discard, err: &said, homeFlag: d.home.Dir}
	err := inner.login(ctx, login{
		profile: state.DefaultProfile, endpoint: d.manager.URL(), accessKey: access, secretStdin: true, writeConfig: "yes",
	})
	if err == nil {
		err = settings.Apply(d.home, settings.Edit{Table: "profiles." + state.DefaultProfile, Key: "account", Value: d.account})
	}
	if err != nil {
		return fmt.Errorf("sign in to the embedded Backend.AI: %w", err)
	}
	d.app.demoStep("signed in with its key pair; the throw-away home is %s", d.home.Dir)
	return nil
}

// startEngine runs the engine until ctx ends.
func (d *demo) startEngine(ctx context.Context) {
	log := slog.New(slog.DiscardHandler)
	if d.verbose {
		log = d.app.logger(true)
	}
	d.engine = make(chan error, 1)
	go func() { d.engine <- svc.Run(ctx, d.home, version(), log, func() {}) }()
}

// demoLimit is for what takes less than a second on a machine that is not busy.
const demoLimit = 30 * time.Second

// show proves by ssh, sftp and a session made anew that it works.
func (d *demo) show(ctx context.Context) error {
	started := time.Now()
	host, err := d.ready(ctx, "")
	if err != nil {
		return err
	}
	d.app.demoStep("%s is ready on port %d of 127.0.0.1, %d ms after the engine's start", host.Alias, host.Port, time.Since(started).Milliseconds())
	for _, act := range []func(context.Context, state.Host) error{d.logIn, d.roundTrip, d.startAnew} {
		if err := act(ctx, host); err != nil {
			return err
		}
	}
	d.app.demoStep("all of it worked")
	return nil
}

// ready waits until the demo's session is one that ssh can log in to, and is not
// the session with the id of not.
func (d *demo) ready(ctx context.Context, not string) (state.Host, error) {
	ctx, cancel := context.WithTimeout(ctx, demoLimit)
	defer cancel()
	client := control.NewClient(d.home.Socket())
	defer client.Close()
	var host state.Host
	for index := uint64(0); ; {
		s, err := client.Status(ctx, index)
		switch {
		case ctx.Err() != nil:
			return host, demoNotReady(host)
		case errors.Is(err, control.ErrNoEngine) && len(d.engine) > 0:
			return host, errors.New("the engine ended at once")
		case errors.Is(err, control.ErrNoEngine):
			pauseBriefly(ctx) // it has only just been started
			continue
		case err != nil:
			return host, err
		}
		index = s.Index
		if h, ok := s.Host(demoSession); ok {
			if host = h; h.State == state.Ready && h.SessionID != not {
				return h, nil
			}
		}
	}
}

func pauseBriefly(ctx context.Context) {
	select {
	case <-ctx.Done():
	case <-time.After(20 * time.Millisecond):
	}
}
