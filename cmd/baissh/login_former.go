package main

import (
	"context"

	"baissh/proxy/folders"
	"baissh/proxy/settings"
)

// A formerLogin is what a profile had before it was signed in anew.
type formerLogin struct {
	conf   settings.Profile
	secret string // "" for none that is known
}

// loginOf reads it, before another takes its place.
func loginOf(ctx context.Context, home folders.Home, p settings.Profile) formerLogin {
	if p.EndpointType != settings.WebEndpoint {
		return formerLogin{}
	}
	secret, _ := settings.SecretsOf(p.Secret, home).Get(ctx, p) // without it, nobody can end the login
	return formerLogin{p, secret}
}

// end ends it if it is ours: some releases let a user have only so many, and it would go
// on for days. It ends by itself, if not so.
func (f formerLogin) end(ctx context.Context, l login) {
	if was, err := settings.ParseWebLogin(f.secret); err == nil && was.ID != l.web.made.ID {
		_, _ = endLogin(ctx, f.conf, f.secret)
	}
}
