package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/spf13/pflag"
	"golang.org/x/term"

	"baissh/proxy/backendai"
	"baissh/proxy/settings"
	"baissh/proxy/state"
)

// A webLogin is what a web server wants to know of a user.
type webLogin struct {
	is            bool // that is what answers
	user          string
	password      string
	passwordStdin bool
	idStdin       bool
	browser       bool
	code          string
	force         bool
	made          settings.WebLogin // what came of it
}

func (w *webLogin) flags(f *pflag.FlagSet) {
	f.StringVar(&w.user, "user", "", "user name at a web server, an e-mail `address` most often")
	f.BoolVar(&w.passwordStdin, "password-stdin", false, "read the password from standard input; nothing is asked then")
	f.StringVar(&w.code, "code", "", "one-time code, where one is wanted; without it the password is tried first, which up to 25.15 counts as a mistake")
	f.BoolVar(&w.idStdin, "session-id-stdin", false, "read the id of a login that a browser made from standard input")
	f.BoolVar(&w.browser, "browser", false, "sign in with a browser on this machine, where the server offers that")
	f.BoolVar(&w.force, "end-other-logins", false, "where a user may have only so many logins, end others to make room; some servers end all")
}

// said reports whether any of the flags was given.
func (w *webLogin) said() bool {
	return w.user+w.code != "" || w.passwordStdin || w.idStdin || w.browser || w.force
}

// enterWeb signs in to a web server, or takes over a login that was made elsewhere.
func (a *app) enterWeb(ctx context.Context, l *login, known settings.Settings) error {
	if l.meansKeys() {
		return wantsLogin(l.endpoint)
	}
	if p := known.Profiles[l.profile]; l.web.user == "" && p.Endpoint == l.endpoint {
		l.web.user = p.User
	}
	var made backendai.WebLogin
	var err error
	switch {
	case l.web.idStdin:
		made, err = a.takeOver(ctx, l)
	case l.web.browser:
		made, err = a.signInByBrowser(ctx, l)
	default:
		made, err = a.signIn(ctx, l, known)
	}
	if err != nil {
		return err
	}
	l.accessKey = made.AccessKey
	l.web.made = settings.WebLogin{ID: made.SessionID, Expires: made.Expires, Imported: l.web.elsewhere()}
	return l.tryWeb(ctx, made)
}

// webClient is a client with a login, or with the zero value for one to be made.
func (l *login) webClient(made backendai.WebLogin) (*backendai.Client, error) {
	return backendai.New(backendai.Config{Endpoint: l.endpoint, Login: &made, Trust: l.trust()})
}

// tryWeb asks for something that the manager gives: a web server lets people in
// whom the manager does not serve. What was made for nothing is ended.
func (l *login) tryWeb(ctx context.Context, made backendai.WebLogin) error {
	client, err := l.webClient(made)
	if err != nil {
		return err
	}
	defer client.Close()
	err = client.CheckAccess(ctx)
	if err == nil {
		l.web.learnEnd(ctx, client)
		return nil
	}
	if !l.web.elsewhere() {
		_ = client.LogOut(ctx) // it ends by itself, if not so
	}
	return loginWording(l.endpoint, err)
}

// learnEnd asks for the end of a login that nobody told of it. Releases that tell it extend
// the login by that, as the engine does while somebody uses it; the others tell nobody.
func (w *webLogin) learnEnd(ctx context.Context, client *backendai.Client) {
	if !w.made.Expires.IsZero() {
		return
	}
	if _, err := client.Hello(ctx); err != nil || !client.CanExtend() {
		return
	}
	ends, _ := client.Extend(ctx) // zero if it is not told
	w.made.Expires = ends.Truncate(time.Second)
}

func (a *app) takeOver(ctx context.Context, l *login) (made backendai.WebLogin, err error) {
	if made.SessionID, err = readSecret(a.in); err != nil {
		return made, err
	}
	return l.whose(ctx, made)
}

// elsewhere reports whether the login is a browser's, which is not ours to end.
func (w *webLogin) elsewhere() bool { return w.idStdin || w.browser }

// whose asks for the owner of a login that was made elsewhere.
func (l *login) whose(ctx context.Context, made backendai.WebLogin) (backendai.WebLogin, error) {
	client, err := l.webClient(made)
	if err != nil {
		return made, err
	}
	defer client.Close()
	made.AccessKey, err = client.CheckLogin(ctx)
	if err != nil {
		return made, loginWording(l.endpoint, err)
	}
	return made, nil
}

// signIn tries the password, and again with what the server wants besides: a code, the
// end of other logins. Up to 25.15, to be asked for a code is one of the ten mistakes that
// block a user, until a sign-in succeeds; who gives the code at once avoids it.
func (a *app) signIn(ctx context.Context, l *login, known settings.Settings) (made backendai.WebLogin, err error) {
	lines, err := a.askPassword(l)
	if err != nil {
		return made, err
	}
	client, err := l.webClient(made)
	if err != nil {
		return made, err
	}
	defer client.Close()
	p := backendai.Password{User: l.web.user, Password: l.web.password, Code: l.web.code, Force: l.web.force}
	made, err = client.LogIn(ctx, p)
	for err != nil && a.answer(&p, lines, err) {
		made, err = client.LogIn(ctx, p)
	}
	if err != nil {
		return made, loginWording(l.endpoint, err)
	}
	if lines != nil {
		a.askConsentOnce(l, lines, known)
	}
	return made, nil
}

// answer asks for what the server wants besides, and reports whether there is
// something new to say to it.
func (a *app) answer(p *backendai.Password, lines *bufio.Reader, err error) bool {
	switch {
	case lines == nil:
		return false
	case errors.Is(err, backendai.ErrCodeWanted) && p.Code == "":
		p.Code = a.askLine(lines, "one-time code: ")
		return p.Code != ""
	case errors.Is(err, backendai.ErrManyLogins) && !p.Force:
		p.Force = strings.HasPrefix(strings.ToLower(a.askLine(lines, manyLoginsQuestion)), "y")
		return p.Force
	}
	return false
}

// askPassword returns where further answers come from, nil where nothing can be asked.
func (a *app) askPassword(l *login) (*bufio.Reader, error) {
	if l.web.passwordStdin {
		if l.web.user == "" {
			return nil, &state.Problem{Code: state.SignInNeeded, Fact: "the user name is missing", Hint: "give it with --user"}
		}
		var err error
		l.web.password, err = readPassword(a.in)
		return nil, err
	}
	tty, ok := a.terminal()
	if !ok {
		return nil, &state.Problem{
			Code: state.SignInNeeded, Fact: "standard input is no terminal, so nothing can be asked",
			Hint: "give --user and --password-stdin, or --session-id-stdin",
		}
	}
	return a.askPasswordAt(l, tty)
}

func (a *app) askPasswordAt(l *login, tty *os.File) (*bufio.Reader, error) {
	lines := bufio.NewReader(tty)
	if l.web.user == "" {
		l.web.user = a.askLine(lines, "user name (e-mail): ")
	}
	fmt.Fprintf(a.err, "password of %s (not shown, not kept): ", state.Printable(l.web.user))
	password, err := term.ReadPassword(int(tty.Fd()))
	fmt.Fprintln(a.err)
	if err != nil {
		return nil, fmt.Errorf("read the password: %w", err)
	}
	l.web.password = string(password)
	return lines, nil
}

func (a *app) askLine(lines *bufio.Reader, question string) string {
	fmt.Fprint(a.err, question)
	line, _ := lines.ReadString('\n') // the end of the input is an empty answer
	return strings.TrimSpace(line)
}

// readPassword takes all but the end of the line, since blanks may be meant.
func readPassword(r io.Reader) (string, error) {
	text, err := io.ReadAll(io.LimitReader(r, maxSecret))
	if err != nil {
		return "", fmt.Errorf("read the password: %w", err)
	}
	password := strings.TrimRight(string(text), "\r\n")
	if password == "" || strings.ContainsAny(password, "\r\n") {
		return "", errors.New("standard input does not hold a password, alone on one line")
	}
	return password, nil
}
