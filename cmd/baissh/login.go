package main

import (
	"context"
	"errors"
	"fmt"
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
}

func (a *app) loginCmd() *cobra.Command {
	var l login
	cmd := &cobra.Command{
		Use:   "login [ENDPOINT]",
		Short: "sign in to a manager with a key pair",
		Long: `Sign in to the manager at ENDPOINT, such as https://backend.example.com.
Without ENDPOINT a known profile is signed in again; with nothing else than
--write-ssh-config, only that is changed, without signing in.

What is not given by a flag is asked for, if standard input is a terminal.`,
		Example: `  baissh login https://backend.example.com --access-key AKIA...
  baissh login https://backend.example.com --access-key AKIA... --secret-key-stdin --write-ssh-config=yes <secret`,
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
	f.StringVar(&l.writeConfig, "write-ssh-config", "", "`yes|no`: may one Include line be added to ~/.ssh/config")
	f.StringVar(&l.store, "secret-store", "", "`keyring|file`: where to keep the secret key (default: the keyring, if one answers)")
	f.StringVar(&l.caFile, "ca-file", "", "PEM `file` of an authority to trust for this manager")
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
	if p, ok := known.Profiles[l.profile]; ok && l.onlyConsents() {
		l.adopt(p)
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
	hello, err := a.tryLogin(ctx, l)
	if err != nil {
		return err
	}
	if err := a.keep(ctx, home, l, known); err != nil {
		return err
	}
	runs, err := tellEngine(ctx, home)
	if err != nil {
		return err
	}
	a.sayLoggedIn(l.profile, l.endpoint, hello.Release, home, writeMode(l, known))
	if !runs {
		a.startService(ctx)
	}
	return nil
}

// tryLogin asks the manager for something that only a valid key pair is given.
func (a *app) tryLogin(ctx context.Context, l login) (backendai.Hello, error) {
	client, err := backendai.New(backendai.Config{
		Endpoint: l.endpoint,
		Keys:     backendai.KeyPair{AccessKey: l.accessKey, SecretKey: l.secretKey},
		Trust:    backendai.Trust{CAFile: l.caFile, ServerKey: l.serverKey},
	})
	if err != nil {
		return backendai.Hello{}, err
	}
	defer client.Close()
	hello, err := client.Hello(ctx)
	if err == nil {
		err = client.CheckAccess(ctx)
	}
	if err != nil {
		return hello, loginWording(l.endpoint, err)
	}
	return hello, nil
}
