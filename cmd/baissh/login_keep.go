package main

import (
	"context"
	"errors"

	"baissh/proxy/folders"
	"baissh/proxy/settings"
	"baissh/proxy/sshconfig"
	"baissh/svc/control"
)

// keep stores the secret first, so that no profile ever lacks one.
func (a *app) keep(ctx context.Context, home folders.Home, l login, known settings.Settings) error {
	kind, err := a.keepSecret(ctx, home, l)
	if err != nil {
		return err
	}
	table := "profiles." + l.profile
	edits := []settings.Edit{
		{Table: table, Key: "secret", Value: string(kind)},
		{Table: table, Key: "access_key", Value: l.accessKey},
		{Table: table, Key: "endpoint", Value: l.endpoint},
	}
	was := known.Profiles[l.profile]
	if was.EndpointType == "" {
		was.EndpointType = settings.API
	}
	for _, other := range []struct{ key, value, was string }{
		{"endpoint_type", string(l.endpointType()), string(was.EndpointType)},
		{"user", l.web.user, was.User},
		{"ca_file", l.caFile, was.CAFile},
		{"server_key", l.serverKey, was.ServerKey},
	} {
		if other.value != other.was { // what another endpoint was trusted by goes, too
			edits = append(edits, settings.Edit{Table: table, Key: other.key, Value: other.value})
		}
	}
	if _, again := known.Profiles[l.profile]; !again {
		edits = append(edits, settings.Edit{Table: table, Key: "alias_prefix", Value: newPrefix(l.profile, known)})
	}
	if err := settings.Apply(home, edits...); err != nil {
		return err
	}
	return a.keepConsent(home, l, known)
}

// onlyConsents reports whether the user said nothing but what may be done to
// ssh's config.
func (l *login) onlyConsents() bool {
	return l.writeConfig != "" && l.endpoint+l.accessKey+l.store+l.caFile+l.serverKey == "" && !l.secretStdin && !l.meansWeb()
}

// keepConsent keeps what may be done to ssh's config. A yes also means a line that
// its owner took out before.
func (a *app) keepConsent(home folders.Home, l login, known settings.Settings) error {
	mode := settings.Edit{Table: "ssh", Key: "write", Value: string(writeMode(l, known))}
	if err := settings.Apply(home, mode); err != nil || l.writeConfig != "yes" {
		return err
	}
	w := sshconfig.Writer{Dir: sshconfig.Dir{Path: home.SSH(), Tilde: home.Tilde}}
	return w.Consent()
}

// newPrefix gives the first profile the short aliases. It is never decided again.
func newPrefix(profile string, known settings.Settings) string {
	for _, p := range known.Profiles {
		if p.AliasPrefix == "bai" {
			return "bai-" + profile
		}
	}
	return "bai"
}

func writeMode(l login, known settings.Settings) settings.WriteMode {
	switch l.writeConfig {
	case "yes":
		return settings.WriteInclude
	case "no":
		return settings.WritePrint
	}
	return known.SSH.Write
}

func (l *login) endpointType() settings.EndpointType {
	if l.web.is {
		return settings.WebEndpoint
	}
	return settings.API
}

// secret is what is kept: the secret key, or the login in the password's place.
func (l *login) secret() string {
	if l.web.is {
		return l.web.made.Secret()
	}
	return l.secretKey
}

func (a *app) keepSecret(ctx context.Context, home folders.Home, l login) (settings.SecretKind, error) {
	profile := settings.Profile{Endpoint: l.endpoint, AccessKey: l.accessKey}
	kind := settings.SecretKind(l.store)
	if kind == "" {
		kind = settings.SecretKeyring
		if home.Given {
			kind = settings.SecretFile // a keyring is the user's, not the folder's
		}
	}
	err := settings.SecretsOf(kind, home).Set(ctx, profile, l.secret())
	if err == nil || kind == settings.SecretFile || l.store != "" {
		return kind, err
	}
	file := settings.SecretsOf(settings.SecretFile, home)
	a.warnFileStore(file.Where(), l.web.is)
	return settings.SecretFile, file.Set(ctx, profile, l.secret())
}

// tellEngine has a running engine use the new login at once.
func tellEngine(ctx context.Context, home folders.Home) (runs bool, err error) {
	c := control.NewClient(home.Socket())
	defer c.Close()
	err = c.Reload(ctx)
	if errors.Is(err, control.ErrNoEngine) {
		return false, nil
	}
	return true, err
}
