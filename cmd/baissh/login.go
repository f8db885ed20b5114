package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"baissh/proxy/backendai"
	"baissh/proxy/settings"
	"baissh/proxy/state"
)

// A login is what the user said, by flags or when asked.
type login struct {
	profile     string
	endpoint    string
	accessKey   string
	secretKey   string
	secretStdin bool
	writeConfig string // "yes", "no" or "" for not said
	store       string // "keyring", "file" or "" for whichever there is
	caFile      string
	serverKey   string
	web         webLogin
}

// scripted reports whether standard input has a secret, so that nothing is asked.
func (l *login) scripted() bool { return l.secretStdin || l.web.passwordStdin || l.web.idStdin }

// meansKeys and meansWeb report what sort of endpoint the flags are for.
func (l *login) meansKeys() bool { return l.accessKey != "" || l.secretStdin }

func (l *login) meansWeb() bool { return l.web.said() }

func (a *app) loginCmd() *cobra.Command {
	var l login
	cmd := &cobra.Command{
		Use:   "login [ENDPOINT]",
		Short: "sign in with your password, or with a key pair",
		Long: `Sign in at ENDPOINT: the web page of Backend.AI, with user name and password, or
the manager's API, with a key pair. Which of them it is, baissh finds out.
Without ENDPOINT a known profile is signed in again; with nothing else than
--write-ssh-config, only that is changed, without signing in.

What is not given by a flag is asked for, if standard input is a terminal. The
password is not kept: the web server gives a login that lasts for some days.
Where signing in needs a browser, say --browser. Where the server does not offer
that, take the cookie AIOHTTP_SESSION from the browser, and give its value with
--session-id-stdin. Such logins are not ended by baissh; where the server can tell
their end (24.09 and later), it extends them as it is asked.`,
		Example: `  baissh login https://backend.example.com
  baissh login https://api.backend.example.com --access-key AKIA...
  baissh login https://api.backend.example.com --access-key AKIA... --secret-key-stdin --write-ssh-config=yes <secret`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 1 {
				l.endpoint = args[0]
			}
			if err := oneOf("write-ssh-config", l.writeConfig, "yes", "no"); err != nil {
				return &usageError{cmd, err}
			}
			if err := oneOf("secret-store", l.store, "keyring", "file"); err != nil {
				return &usageError{cmd, err}
			}
			return a.login(cmd.Context(), l)
		},
	}
	f := cmd.Flags()
	f.StringVar(&l.profile, "profile", state.DefaultProfile, "name of this login, if you have several")
	f.StringVar(&l.accessKey, "access-key", "", "access key of the key pair")
	f.BoolVar(&l.secretStdin, "secret-key-stdin", false, "read the secret key from standard input; nothing is asked then")
	l.web.flags(f)
	f.StringVar(&l.writeConfig, "write-ssh-config", "", "`yes|no`: may one Include line be added to ~/.ssh/config")
	f.StringVar(&l.store, "secret-store", "", "`keyring|file`: where to keep the secret (default: the keyring, if one answers)")
	f.StringVar(&l.caFile, "ca-file", "", "PEM `file` of an authority to trust for this endpoint")
	f.StringVar(&l.serverKey, "server-key", "", "accept only a certificate with this key: `sha256//BASE64`")
	return cmd
}

func oneOf(flag, value string, words ...string) error {
	if value == "" {
		return nil
	}
	for _, word := range words {
		if value == word {
			return nil
		}
	}
	return fmt.Errorf("--%s: want %s, not %q", flag, strings.Join(words, " or "), value)
}

// login asks for what is missing, tries it, and keeps it only when it is good.
func (a *app) login(ctx context.Context, l login) error {
	home, err := a.home()
	if err != nil {
		return err
	}
	known, err := settings.Load(home)
	if !settings.Usable(err) && !errors.Is(err, settings.ErrNone) {
		return err
	}
	if name := l.consenting(known); name != "" {
		l.profile = name
		l.adopt(known.Profiles[name])
		if err := a.keepConsent(home, l, known); err != nil {
			return err
		}
		a.sayConsent(home, l.profile, writeMode(l, known))
		_, err := tellEngine(ctx, home)
		return err
	}
	if err := a.complete(&l, known); err != nil {
		return err
	}
	hello, err := a.enter(ctx, &l, known)
	if err != nil {
		return err
	}
	former := loginOf(ctx, home, known.Profiles[l.profile])
	if err := a.keep(ctx, home, l, known); err != nil {
		return err
	}
	runs, err := tellEngine(ctx, home)
	if err != nil {
		return err
	}
	a.sayLoggedIn(l, hello.Release)
	a.sayConsent(home, l.profile, writeMode(l, known))
	if !runs {
		former.end(ctx, l) // else the engine does, which knows what is open with it
		a.startService(ctx)
	}
	return nil
}

// enter finds out what answers, asks for what that wants, and tries it.
func (a *app) enter(ctx context.Context, l *login, known settings.Settings) (backendai.Hello, error) {
	web, hello, err := backendai.Find(ctx, l.endpoint, l.trust())
	if err != nil {
		return hello, loginWording(l.endpoint, err)
	}
	l.web.is = web
	if web {
		return hello, a.enterWeb(ctx, l, known)
	}
	if l.meansWeb() {
		return hello, wantsKeys(l.endpoint)
	}
	l.adoptKey(known)
	if err := a.ask(l, known); err != nil {
		return hello, err
	}
	return hello, l.tryKeys(ctx)
}

// consenting is the profile of somebody who only says yes or no to the line in ssh's
// config, which is for all profiles, or "".
func (l *login) consenting(known settings.Settings) string {
	_, ok := known.Profiles[l.profile]
	switch {
	case !l.onlyConsents():
		return ""
	case ok:
		return l.profile
	case l.profile == state.DefaultProfile && len(known.Profiles) > 0:
		return slices.Min(slices.Collect(maps.Keys(known.Profiles)))
	}
	return ""
}

func (l *login) trust() backendai.Trust {
	return backendai.Trust{CAFile: l.caFile, ServerKey: l.serverKey}
}

// tryKeys asks the manager for something that only a valid key pair is given.
func (l *login) tryKeys(ctx context.Context) error {
	client, err := backendai.New(backendai.Config{
		Endpoint: l.endpoint,
		Keys:     backendai.KeyPair{AccessKey: l.accessKey, SecretKey: l.secretKey},
		Trust:    l.trust(),
	})
	if err != nil {
		return err
	}
	defer client.Close()
	if _, err = client.Hello(ctx); err == nil { // whose clock signatures go by
		err = client.CheckAccess(ctx)
	}
	if err != nil {
		return loginWording(l.endpoint, err)
	}
	return nil
}
