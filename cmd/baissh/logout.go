package main

import (
	"context"
	"errors"
	"time"

	"github.com/spf13/cobra"

	"baissh/proxy/backendai"
	"baissh/proxy/folders"
	"baissh/proxy/settings"
	"baissh/proxy/state"
	"baissh/svc/control"
)

func (a *app) logoutCmd() *cobra.Command {
	var profile string
	cmd := &cobra.Command{
		Use:   "logout",
		Short: "sign out, and forget the login or the secret key",
		Long: `Sign out: connections that are open end, then the login at the web server does,
and it is forgotten. Of a profile with a key pair the secret key is forgotten, which
ends nothing that is open. Aliases and ports stay, and tell ssh to sign in again.

A login that a browser made (--browser, --session-id-stdin) goes on there.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.logout(cmd.Context(), profile) },
	}
	cmd.Flags().StringVar(&profile, "profile", state.DefaultProfile, "name of the login, if you have several")
	return cmd
}

// logout takes the secret away first, so that the engine lets go of the login: a
// tunnel that ends later could revive it.
func (a *app) logout(ctx context.Context, name string) error {
	home, err := a.home()
	if err != nil {
		return err
	}
	known, err := settings.Load(home)
	if err != nil {
		return err
	}
	p, ok := known.Profiles[name]
	if !ok {
		return noSuchProfile(name)
	}
	secrets := settings.SecretsOf(p.Secret, home)
	secret, err := secrets.Get(ctx, p)
	if errors.Is(err, settings.ErrNoSecret) {
		return state.NotSignedIn(name)
	}
	if err == nil {
		err = secrets.Delete(ctx, p)
	}
	if err == nil {
		err = letGo(ctx, home, name, p)
	}
	if err != nil {
		return err
	}
	left, err := endLogin(ctx, p, secret)
	if err != nil {
		return notEnded(p.Endpoint, err)
	}
	a.saySignedOut(name, left)
	return nil
}

// letGoLimit bounds the wait for connections to end; each has a second for its goodbye.
const letGoLimit = 10 * time.Second

// letGo has a running engine end all that it has open with a profile's login. One
// that takes too long is not waited for: the login is to end all the same.
func letGo(asked context.Context, home folders.Home, name string, p settings.Profile) error {
	if runs, err := tellEngine(asked, home); !runs || err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(asked, letGoLimit)
	defer cancel()
	c := control.NewClient(home.Socket())
	defer c.Close()
	for index := uint64(0); ; {
		s, err := c.Status(ctx, index)
		switch {
		case errors.Is(err, control.ErrNoEngine), ctx.Err() != nil && asked.Err() == nil:
			return nil
		case err != nil:
			return err
		case hasLetGo(s, name, p):
			return nil
		}
		index = s.Index
	}
}

// hasLetGo: what a key pair opened, nothing on the server ends.
func hasLetGo(s *state.Snapshot, name string, conf settings.Profile) bool {
	for _, p := range s.Profiles {
		if p.Name == name && p.State != "signed-out" {
			return false
		}
	}
	for _, h := range s.Hosts {
		if h.Profile == name && h.Connections > 0 && conf.EndpointType == settings.WebEndpoint {
			return false
		}
	}
	return true
}

// endLogin ends a login that is ours to end. What is left of another is in words.
func endLogin(ctx context.Context, p settings.Profile, secret string) (left string, err error) {
	if p.EndpointType != settings.WebEndpoint {
		return "", nil
	}
	login, err := settings.ParseWebLogin(secret)
	switch {
	case err != nil:
		return damagedLoginWords, nil // nobody knows its id, nor whose it is
	case login.Imported:
		return importedLoginWords, nil
	}
	client, err := backendai.New(backendai.Config{
		Endpoint: p.Endpoint, Login: &backendai.WebLogin{AccessKey: p.AccessKey, SessionID: login.ID},
		Trust: backendai.Trust{CAFile: p.CAFile, ServerKey: p.ServerKey},
	})
	if err != nil {
		return "", err
	}
	defer client.Close()
	return "", client.LogOut(ctx)
}
