package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"baissh/proxy/backendai"
	"baissh/proxy/settings"
	"baissh/proxy/sshconfig"
	"baissh/proxy/state"
	"baissh/svc/control"
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
Without ENDPOINT a known profile is signed in again.

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
	if err != nil && !errors.Is(err, settings.ErrNone) {
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
	if err := tellEngine(ctx, home); err != nil {
		return err
	}
	a.sayLoggedIn(l.profile, l.endpoint, hello.Release, home, writeMode(l, known))
	return nil
}

// complete fills in what was not given: from the profile as it was, by asking.
func (a *app) complete(l *login, known settings.Settings) error {
	if err := settings.CheckProfileName(l.profile); err != nil {
		return err
	}
	if p, ok := known.Profiles[l.profile]; ok {
		l.adopt(p)
	}
	if l.endpoint == "" {
		return &state.Problem{Code: state.SignInNeeded, Fact: "which manager?", Hint: "baissh login https://backend.example.com" + a.flag()}
	}
	endpoint, err := state.ParseEndpoint(l.endpoint)
	if err != nil {
		return err
	}
	l.endpoint = endpoint.String()
	if l.caFile != "" {
		if l.caFile, err = filepath.Abs(l.caFile); err != nil {
			return fmt.Errorf("find the file of --ca-file: %w", err)
		}
	}
	if state.Exposed(endpoint) {
		a.warnExposed(l.endpoint)
	}
	return a.ask(l, known)
}

// adopt takes over what a profile has and the user did not say again.
func (l *login) adopt(p settings.Profile) {
	same := l.endpoint == "" || l.endpoint == p.Endpoint
	for _, f := range []struct {
		value *string
		was   string
	}{{&l.endpoint, p.Endpoint}, {&l.accessKey, p.AccessKey}, {&l.caFile, p.CAFile}, {&l.serverKey, p.ServerKey}, {&l.store, string(p.Secret)}} {
		if *f.value == "" && same {
			*f.value = f.was
		}
	}
}

func (a *app) ask(l *login, known settings.Settings) (err error) {
	if l.secretStdin {
		if l.accessKey == "" {
			return &state.Problem{Code: state.SignInNeeded, Fact: "the access key is missing", Hint: "give it with --access-key"}
		}
		l.secretKey, err = readSecret(a.in)
		return err
	}
	tty, ok := a.in.(*os.File)
	if !ok || !term.IsTerminal(int(tty.Fd())) {
		return &state.Problem{
			Code: state.SignInNeeded, Fact: "standard input is no terminal, so nothing can be asked",
			Hint: "give --access-key and --secret-key-stdin",
		}
	}
	return a.askTerminal(l, tty, known)
}

func (a *app) askTerminal(l *login, tty *os.File, known settings.Settings) error {
	lines := bufio.NewReader(tty)
	if l.accessKey == "" {
		fmt.Fprint(a.err, "access key: ")
		line, err := lines.ReadString('\n')
		if err != nil {
			return err
		}
		l.accessKey = strings.TrimSpace(line)
	}
	fmt.Fprintf(a.err, "secret key of %s (not shown): ", state.Printable(l.accessKey))
	secret, err := term.ReadPassword(int(tty.Fd()))
	fmt.Fprintln(a.err)
	if err != nil {
		return fmt.Errorf("read the secret key: %w", err)
	}
	l.secretKey = strings.TrimSpace(string(secret))
	if l.writeConfig == "" && known.SSH.Write == settings.WritePrint {
		fmt.Fprint(a.err, consentQuestion)
		line, _ := lines.ReadString('\n')
		l.writeConfig = yesOrNo(line)
	}
	return nil
}

func yesOrNo(line string) string {
	switch strings.ToLower(strings.TrimSpace(line)) {
	case "", "y", "yes":
		return "yes"
	}
	return "no"
}

// maxSecret bounds the secret key, in bytes.
const maxSecret = 4096

func readSecret(r io.Reader) (string, error) {
	text, err := io.ReadAll(io.LimitReader(r, maxSecret))
	if err != nil {
		return "", fmt.Errorf("read the secret key: %w", err)
	}
	secret := strings.TrimSpace(string(text))
	if secret == "" || strings.ContainsAny(secret, " \t\r\n") {
		return "", errors.New("standard input does not hold a secret key, alone on one line")
	}
	return secret, nil
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
		err = client.CheckKeyPair(ctx)
	}
	if err != nil {
		return hello, loginWording(l.endpoint, err)
	}
	return hello, nil
}

// keep stores the secret first, so that no profile ever lacks one.
func (a *app) keep(ctx context.Context, home settings.Home, l login, known settings.Settings) error {
	kind, err := a.keepSecret(ctx, home, l)
	if err != nil {
		return err
	}
	table := "profiles." + l.profile
	edits := []settings.Edit{
		{Table: "ssh", Key: "write", Value: string(writeMode(l, known))},
		{Table: table, Key: "secret", Value: string(kind)},
		{Table: table, Key: "access_key", Value: l.accessKey},
		{Table: table, Key: "endpoint", Value: l.endpoint},
	}
	was := known.Profiles[l.profile]
	for _, trust := range []struct{ key, value, was string }{{"ca_file", l.caFile, was.CAFile}, {"server_key", l.serverKey, was.ServerKey}} {
		if trust.value != trust.was { // what another manager was trusted by goes, too
			edits = append(edits, settings.Edit{Table: table, Key: trust.key, Value: trust.value})
		}
	}
	if _, again := known.Profiles[l.profile]; !again {
		edits = append(edits, settings.Edit{Table: table, Key: "alias_prefix", Value: newPrefix(l.profile, known)})
	}
	if err := settings.Apply(home, edits...); err != nil {
		return err
	}
	if l.writeConfig == "yes" {
		w := sshconfig.Writer{Dir: sshconfig.Dir{Path: home.SSH(), Tilde: home.Tilde}}
		return w.Consent()
	}
	return nil
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

func (a *app) keepSecret(ctx context.Context, home settings.Home, l login) (settings.SecretKind, error) {
	profile := settings.Profile{Endpoint: l.endpoint, AccessKey: l.accessKey}
	kind := settings.SecretKind(l.store)
	if kind == "" {
		kind = settings.SecretKeyring
		if home.Given {
			kind = settings.SecretFile // a keyring is the user's, not the folder's
		}
	}
	err := settings.SecretsOf(kind, home).Set(ctx, profile, l.secretKey)
	if err == nil || kind == settings.SecretFile || l.store != "" {
		return kind, err
	}
	file := settings.SecretsOf(settings.SecretFile, home)
	a.warnFileStore(file.Where())
	return settings.SecretFile, file.Set(ctx, profile, l.secretKey)
}

// tellEngine has a running engine use the new login at once.
func tellEngine(ctx context.Context, home settings.Home) error {
	c := control.NewClient(home.Socket())
	defer c.Close()
	if err := c.Reload(ctx); err != nil && !errors.Is(err, control.ErrNoEngine) {
		return err
	}
	return nil
}
