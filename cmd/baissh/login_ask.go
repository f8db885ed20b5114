package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/term"

	"baissh/proxy/settings"
	"baissh/proxy/state"
)

// complete fills in what was not given: from the profile as it was, by asking.
func (a *app) complete(l *login, known settings.Settings) error {
	if err := settings.CheckProfileName(l.profile); err != nil {
		return err
	}
	if p, ok := known.Profiles[l.profile]; ok {
		l.adopt(p)
	}
	if l.endpoint == "" && !l.scripted() {
		l.endpoint = a.askEndpoint()
	}
	if l.endpoint == "" {
		return &state.Problem{Code: state.SignInNeeded, Fact: "which Backend.AI?", Hint: "baissh login https://backend.example.com" + a.flag()}
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
	return nil
}

// adopt takes over what a profile has and the user did not say again.
func (l *login) adopt(p settings.Profile) {
	same := l.endpoint == "" || l.endpoint == p.Endpoint
	if !same {
		return
	}
	for _, f := range []struct {
		value *string
		was   string
	}{{&l.endpoint, p.Endpoint}, {&l.caFile, p.CAFile}, {&l.serverKey, p.ServerKey}, {&l.store, string(p.Secret)}} {
		if *f.value == "" {
			*f.value = f.was
		}
	}
}

// adoptKey takes over the access key that a profile of this endpoint has.
func (l *login) adoptKey(known settings.Settings) {
	if p := known.Profiles[l.profile]; l.accessKey == "" && p.Endpoint == l.endpoint && p.EndpointType == settings.API {
		l.accessKey = p.AccessKey
	}
}

// askEndpoint is "" where nobody can be asked.
func (a *app) askEndpoint() string {
	tty, ok := a.terminal()
	if !ok {
		return ""
	}
	fmt.Fprint(a.err, "address of Backend.AI, as in the browser (https://...): ")
	line, _ := bufio.NewReader(tty).ReadString('\n')
	return strings.TrimSpace(line)
}

// terminal is standard input, if that is one.
func (a *app) terminal() (*os.File, bool) {
	tty, ok := a.in.(*os.File)
	return tty, ok && term.IsTerminal(int(tty.Fd()))
}

func (a *app) ask(l *login, known settings.Settings) (err error) {
	if l.secretStdin {
		if l.accessKey == "" {
			return &state.Problem{Code: state.SignInNeeded, Fact: "the access key is missing", Hint: "give it with --access-key"}
		}
		l.secretKey, err = readSecret(a.in)
		return err
	}
	tty, ok := a.terminal()
	if !ok {
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
	a.askConsentOnce(l, lines, known)
	return nil
}

func (a *app) askConsentOnce(l *login, lines *bufio.Reader, known settings.Settings) {
	if l.writeConfig == "" && known.SSH.Write == settings.WritePrint {
		l.writeConfig = a.askConsent(lines)
	}
}

// askConsent asks until the answer is one. The end of the input is a no.
func (a *app) askConsent(lines *bufio.Reader) string {
	for {
		fmt.Fprint(a.err, consentQuestion)
		line, err := lines.ReadString('\n')
		if answer := yesOrNo(line); answer != "" && err == nil {
			return answer
		}
		if err != nil {
			return "no"
		}
	}
}

// yesOrNo is "" for what is neither.
func yesOrNo(line string) string {
	switch strings.ToLower(strings.TrimSpace(line)) {
	case "", "y", "yes":
		return "yes"
	case "n", "no":
		return "no"
	}
	return ""
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
