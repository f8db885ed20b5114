package main

import (
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"
	"time"

	"baissh/proxy/backendai"
	"baissh/proxy/folders"
	"baissh/proxy/settings"
	"baissh/proxy/sshconfig"
	"baissh/proxy/state"
	"baissh/proxy/transfer"
	"baissh/svc"
	"baissh/svc/control"
	"baissh/svc/install"
)

// Everything the CLI says is said here. What goes wrong with sessions has its
// words in state's catalogue; this file adds what only a terminal needs.
//
//   - Results go to standard output, all else to standard error with "baissh:".
//   - No capitals at the start, no period at the end; then hints, the way out.

const longHelp = `baissh makes every compute session of a Backend.AI cluster answer to
"ssh bai-SESSION", and to sftp, scp, rsync, VS Code and all that uses ssh.

Sign in once, then let it run:

  baissh login https://backend.example.com
  baissh service install    (or, until Ctrl-C: baissh run)

A session that runs gets an alias, a local port, its key and its pinned host
key within a second, without a question. "baissh status" shows them.`

func (a *app) printf(format string, args ...any) { fmt.Fprintf(a.out, format, args...) }

func (a *app) notef(format string, args ...any) {
	fmt.Fprintf(a.err, "baissh: "+format+"\n", args...)
}

func (a *app) hintf(format string, args ...any) { a.notef("hint: "+format, args...) }

// fail prints an error as a fact and the way out.
func (a *app) fail(err error) {
	fact, hint := a.wording(err)
	a.notef("error: %s", oneLine(fact))
	if hint != "" {
		a.hintf("%s", hint)
	}
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

func (a *app) wording(err error) (fact, hint string) {
	if fact, hint := a.serviceWording(err); fact != "" {
		return fact, hint
	}
	var problem *state.Problem
	var running *svc.RunningError
	var usage *usageError
	switch {
	case errors.As(err, &problem):
		return problem.Fact, problem.Hint
	case errors.As(err, &usage):
		return err.Error(), fmt.Sprintf("%s --help", usage.cmd.CommandPath())
	case errors.Is(err, errInterrupted):
		return err.Error(), "say the same again, and it goes on where it was"
	case errors.As(err, &running):
		return err.Error(), "it does the work already; see: baissh status" + a.flag()
	case errors.Is(err, settings.ErrNone):
		return "nobody has signed in yet", "baissh login ENDPOINT" + a.flag()
	case errors.Is(err, control.ErrBroken):
		return err.Error(), "start it again: baissh run" + a.flag()
	case errors.Is(err, control.ErrSilent):
		return err.Error(), "try again in a minute; if it stays so, end it and " + a.howToStart()
	case errors.Is(err, control.ErrNoEngine):
		return a.notRunning()
	}
	return err.Error(), ""
}

// errInterrupted says that a copy was ended from outside.
var errInterrupted = errors.New("the copy was interrupted")

// errByHand says that the engine which runs is none that a service has started.
var errByHand = errors.New("a baissh that was started by hand runs for this home")

const withoutService = `let "baissh run" go on in tmux, or have your desktop start it`

// serviceWording words what svc/install could not do.
func (a *app) serviceWording(err error) (fact, hint string) {
	var none *install.NoManagerError
	var foreign *install.ForeignError
	var unstable *install.UnstableError
	var home *install.HomeError
	var start *install.StartError
	var exposed *install.ExposedError
	switch {
	case errors.As(err, &none) && none.Anew:
		return err.Error(), "sign in to this machine anew, which su and sudo do not; or " + withoutService
	case errors.As(err, &none):
		return err.Error(), withoutService
	case errors.As(err, &foreign):
		return err.Error(), "it is yours, and is left alone; delete it if you do not need it, and say that again"
	case errors.As(err, &unstable):
		return err.Error(), "put it elsewhere, /usr/local/bin or ~/.local/bin, and say that again from there"
	case errors.As(err, &home):
		return err.Error(), "for that home: baissh run" + a.flag()
	case errors.As(err, &exposed):
		return err.Error(), "it would run as SYSTEM; use the installer, or put it there"
	case errors.Is(err, install.ErrNeedsAdministrator):
		return err.Error(), "open a terminal with \"Run as administrator\", and say that again there"
	case errors.As(err, &start):
		return err.Error(), "see: baissh service logs"
	case errors.Is(err, install.ErrNotInstalled):
		return err.Error(), "baissh service install"
	case errors.Is(err, install.ErrNotSignedIn):
		return "nobody has signed in yet", "baissh login ENDPOINT"
	case errors.Is(err, errByHand):
		return err.Error(), "end it there (Ctrl-C), and say that again"
	case errors.Is(err, install.ErrOtherEngine):
		return err.Error(), "it does the work already; see: baissh status"
	}
	return "", ""
}

// notRunning thinks of a home that several machines share.
func (a *app) notRunning() (fact, hint string) {
	if home, err := a.home(); err == nil {
		if host := svc.OtherHost(home); host != "" {
			return "baissh is not running on this machine (for this home it was last started on " + host + ")",
				"work there, or end it there first; then " + a.howToStart()
		}
	}
	return "baissh is not running", a.howToStart()
}

// howToStart names the service where there may be one.
func (a *app) howToStart() string {
	hint := "start it: baissh run" + a.flag()
	if home, err := a.home(); err == nil && !home.Given {
		hint += ", or baissh service start"
	}
	return hint
}

// flag repeats --home in the commands that hints name.
func (a *app) flag() string {
	if a.homeFlag == "" {
		return ""
	}
	return " --home " + a.homeFlag
}

// sayRunning is for a person at a terminal, and for the first line of a log.
func (a *app) sayRunning() {
	how := ""
	if isTerminal(a.err) {
		how = ", and end it with Ctrl-C"
	}
	a.notef("running; see \"baissh status%s\"%s", a.flag(), how)
}

// noteOtherRelease is for the time after an upgrade.
func (a *app) noteOtherRelease(running string) {
	if running != version() {
		a.printf("note: the baissh that runs is %s, and this program %s: baissh service restart%s\n", state.Printable(running), version(), a.flag())
	}
}

// loginWording words what a manager or a web server answered to a sign-in.
func loginWording(endpoint string, err error) error {
	var e *backendai.Error
	errors.As(err, &e)
	if p := webWording(err, e); p != nil {
		return p
	}
	switch backendai.KindOf(err) {
	case backendai.SignIn:
		return &state.Problem{
			Code: state.SignInNeeded,
			Fact: fmt.Sprintf("the manager refused the key pair (%d)", e.Status),
			Hint: "check both keys; some releases accept only a user's main key pair",
		}
	case backendai.Limited:
		return &state.Problem{Code: state.RateLimited, Fact: state.TooManyRequests(endpoint).Fact, Hint: "try again in some minutes"}
	case backendai.Garbage, backendai.Refused:
		return &state.Problem{
			Code: state.Garbage,
			Fact: fmt.Sprintf("what answers at %s is not Backend.AI%s", endpoint, answerWords(e)),
			Hint: "give the address that you open in the browser, or that of the manager's API",
		}
	}
	if plain, ok := strings.CutPrefix(endpoint, "https://"); ok && speaksPlainHTTP(err) {
		return &state.Problem{
			Code: state.Unreachable, Fact: "what answers at " + endpoint + " speaks plain http",
			Hint: "if that is meant: baissh login http://" + plain,
		}
	}
	return &state.Problem{
		Code: state.Unreachable,
		Fact: fmt.Sprintf("the manager at %s cannot be reached: %s", endpoint, rootCause(err)),
		Hint: "check the address, the network and HTTPS_PROXY",
	}
}

// webWording words what only a web server says, nil if it is none of that.
func webWording(err error, e *backendai.Error) *state.Problem {
	say := func(fact, hint string) *state.Problem {
		return &state.Problem{Code: state.SignInNeeded, Fact: fact, Hint: hint}
	}
	switch {
	case errors.Is(err, backendai.ErrPassword):
		return say("user name or password are not right", "try again, with care: ten mistakes block a user for 20 minutes")
	case errors.Is(err, backendai.ErrCodeWanted):
		return say("a one-time code is wanted, too", "give it with --code")
	case errors.Is(err, backendai.ErrCode):
		return say("the one-time code is not right", "wait for the next one")
	case errors.Is(err, backendai.ErrCodeIgnored):
		return say("the web server did not pass the one-time code on", "before 22.09 none does: sign in with a key pair, at the manager's API")
	case errors.Is(err, backendai.ErrNotEnrolled):
		return say("one-time codes have to be set up for this user first", "sign in with the browser once")
	case errors.Is(err, backendai.ErrExpired):
		return say("the password has expired", "sign in with the browser, and change it there")
	case errors.Is(err, backendai.ErrManyLogins):
		return say("this user is signed in as often as is allowed", "sign out elsewhere, or here (baissh logout), or say --end-other-logins, which may end all")
	case errors.Is(err, backendai.ErrLoginBlocked):
		return &state.Problem{
			Code: state.RateLimited, Fact: "this user is blocked after too many mistakes, for " + minutes(e.RetryAfter),
			Hint: "each try before starts that time anew",
		}
	case errors.Is(err, backendai.ErrLoginEnded):
		return say("the server does not know this login, or lets it do nothing", "it may have ended, or your address may not be allowed")
	}
	return nil
}

func minutes(d time.Duration) string { return counted(int(math.Ceil(d.Minutes())), "minute") }

// wantsKeys and wantsLogin say that the flags are for the other kind of endpoint.
func wantsKeys(endpoint string) error {
	return &state.Problem{
		Code: state.SignInNeeded, Fact: "what answers at " + endpoint + " is the manager's API, which wants a key pair",
		Hint: "give --access-key, or the address that you open in the browser",
	}
}

func wantsLogin(endpoint string) error {
	return &state.Problem{
		Code: state.SignInNeeded, Fact: "what answers at " + endpoint + " is the web server, which wants user name and password",
		Hint: "give --user, or the address of the manager's API",
	}
}

const browserWords = `open this in a browser on this machine, and sign in there:

  %s

The page shows a code. Go on there only if it is this one: %s
`

func offersNoBrowser(endpoint string) error {
	return &state.Problem{
		Code: state.SignInNeeded, Fact: endpoint + " does not offer a sign-in by browser",
		Hint: "sign in there all the same, and give the value of its cookie AIOHTTP_SESSION with --session-id-stdin",
	}
}

func noHandover() error {
	return &state.Problem{Code: state.SignInNeeded, Fact: "no browser has handed over a login", Hint: "say it again, or use --session-id-stdin"}
}

// manyLoginsQuestion does not say how many: some releases end the oldest, some all.
const manyLoginsQuestion = "this user is signed in as often as is allowed, here or elsewhere. End other logins to make room, maybe all of them? [y/N] "

func noSuchProfile(name string) error {
	return &state.Problem{Code: state.SignInNeeded, Fact: "there is no profile " + state.Printable(name), Hint: "see: baissh status"}
}

func notEnded(endpoint string, err error) error {
	return &state.Problem{
		Code: state.Unreachable, Fact: fmt.Sprintf("the login is forgotten here, but %s could not be told: %s", endpoint, rootCause(err)),
		Hint: "it ends by itself after some days",
	}
}

const (
	importedLoginWords = "the login goes on where it was made"
	damagedLoginWords  = "the login was damaged and could not be ended, it ends by itself after some days"
)

// saySignedOut also says what is left of the login, unless that is nothing.
func (a *app) saySignedOut(profile, left string) {
	if left != "" {
		a.printf("profile %s is signed out here; %s\n", profile, left)
		return
	}
	a.printf("profile %s is signed out\n", profile)
}

// sayLoginEnds says until when a profile is signed in.
func (a *app) sayLoginEnds(p state.Profile) {
	switch {
	case p.State == "signed-out":
	case !p.LoginEnds.IsZero():
		a.printf("profile %s: signed in until %s\n", p.Name, p.LoginEnds.Local().Format("Mon 2 Jan 2006 15:04"))
	case p.Web:
		a.printf("profile %s: signed in; %s\n", p.Name, untilNobodyKnows)
	}
}

// answerWords are what is known of a wrong answer, short of what a parser says.
func answerWords(e *backendai.Error) string {
	words := ""
	if e.Status != 0 {
		words = fmt.Sprintf(" (status %d)", e.Status)
	}
	if e.Detail != "" {
		words += ": " + state.Printable(e.Detail)
	}
	return words
}

// speaksPlainHTTP knows package http's error for an https call to an http port.
func speaksPlainHTTP(err error) bool {
	return strings.Contains(err.Error(), "server gave HTTP response to HTTPS client")
}

// rootCause is the innermost error, which says what the user can act on.
func rootCause(err error) string {
	for {
		inner := errors.Unwrap(err)
		if inner == nil {
			return oneLine(err.Error())
		}
		err = inner
	}
}

func (a *app) warnExposed(endpoint string) {
	a.notef("warning: %s is not encrypted: who is on the way can read and change all of it", endpoint)
}

func (a *app) warnFileStore(where string, web bool) {
	what := "secret key"
	if web {
		what = "login"
	}
	a.notef("note: no keyring answered, so the %s is in %s, readable by you alone", what, where)
}

func (a *app) sayLoggedIn(l login, release string) {
	a.printf("signed in to %s (Backend.AI %s) as profile %s", l.endpoint, state.Printable(release), l.profile)
	if l.web.is && l.web.made.Expires.IsZero() {
		a.printf("; %s", untilNobodyKnows)
	}
	a.printf("\n")
}

const untilNobodyKnows = "the server does not say until when"

func (a *app) sayConsent(home folders.Home, profile string, write settings.WriteMode) {
	if write == settings.WriteInclude {
		a.printf("%s will have one line that includes baissh's hosts\n", filepath.Join(home.SSH(), "config"))
		return
	}
	a.printf("ssh's own config is left alone; use: ssh -F %s/bai/config bai-SESSION\n", home.SSH())
	a.printf("to have plain \"ssh bai-SESSION\" work: baissh login%s%s --write-ssh-config=yes\n", home.Flag(), profileFlag(profile))
}

func (a *app) sayStarted() { a.printf("the service runs now\n") }

func (a *app) sayStopped() { a.printf("the service has ended\n") }

func (a *app) sayHowToRun() {
	a.printf("to have it run, from now on by itself: baissh service install; or until Ctrl-C: baissh run\n")
}

func (a *app) warnNotStarted(err error) {
	fact, hint := a.wording(err)
	a.notef("warning: %s", oneLine(fact))
	if hint != "" {
		a.hintf("%s", hint)
	}
}

// sayInstalled says what became of it, and what its owner must know. On Windows it
// runs also while it waits for a sign-in.
func (a *app) sayInstalled(changed, waits bool, before, after install.Status) {
	switch {
	case !changed:
		a.printf("the service is installed already (%s)\n", after.File)
	case before.Installed:
		a.printf("the service was refreshed (%s)\n", after.File)
	default:
		a.printf("the service is installed (%s)\n", after.File)
	}
	switch {
	case waits || !after.Running:
		a.printf("it starts as soon as you have signed in: baissh login ENDPOINT\n")
	case changed && before.Running:
		a.printf("it goes on as it was until: baissh service restart\n")
	default:
		a.printf("it runs, and will from your sign-in on\n")
	}
	if after.Lingers != nil && !*after.Lingers {
		a.notef("note: %s", doesNotLinger)
	}
}

const doesNotLinger = "it ends at your last sign-out; to have it stay: loginctl enable-linger (your administrator may have to)"

func (a *app) sayUninstalled(changed bool) {
	if !changed {
		a.printf("no service is installed\n")
		return
	}
	a.printf("the service has ended and is out of the system\n")
	a.printf("settings, keys and ssh's files are as they were; for those: baissh undo\n")
}

// showService shows what the system knows of the service, a line each.
func (a *app) showService(st install.Status) error {
	t := tabwriter.NewWriter(a.out, 0, 0, 2, ' ', 0)
	row := func(name, value string) { fmt.Fprintf(t, "%s\t%s\n", name, value) }
	if !st.Installed {
		row("installed", "no; baissh service install")
	} else {
		row("installed", "yes, "+st.File)
		row("at sign-in", yesNo(st.Enabled))
	}
	row("running", runningWords(st))
	if st.Lingers != nil && *st.Lingers {
		row("lingering", "yes, it goes on after your last sign-out")
	} else if st.Lingers != nil {
		row("lingering", "no, "+doesNotLinger)
	}
	return t.Flush()
}

func runningWords(st install.Status) string {
	if !st.Running {
		return "no, " + st.State
	}
	words := "yes"
	if st.PID != 0 {
		words += fmt.Sprintf(", process %d", st.PID)
	}
	if !st.Since.IsZero() {
		words += ", since " + st.Since.Local().Format(time.DateTime)
	}
	return words
}

func yesNo(yes bool) string {
	if yes {
		return "yes"
	}
	return "no"
}

func profileFlag(profile string) string {
	if profile == state.DefaultProfile {
		return ""
	}
	return " --profile " + profile
}

const consentQuestion = `ssh finds the hosts through one line in your ~/.ssh/config:

  Include bai/config

May baissh add it? A backup is kept, and nothing else is touched. [Y/n] `

func cutWords(c *state.Cut) string {
	what := "an open connection was"
	if c.Connections > 1 {
		what = fmt.Sprintf("%d open connections were", c.Connections)
	}
	return fmt.Sprintf("at %s %s ended, because %s", c.Time.Local().Format("15:04:05"), what, c.Reason)
}

func refusalWords(r *state.Refusal) string {
	words := fmt.Sprintf("at %s ssh did not get in, because %s", r.Time.Local().Format("15:04:05"), r.Reason)
	if r.Hint != "" {
		words += "; " + r.Hint
	}
	return words
}

// idleWords say when Backend.AI will end a session by itself, and what may keep it.
func idleWords(h state.Host, now time.Time) string {
	i := h.Idle
	left := max(0, i.Until.Sub(now))
	in := fmt.Sprintf("in %d min", int(left.Minutes()))
	if left < time.Minute {
		in = "within a minute"
	}
	switch {
	case i.Check == "session_lifetime":
		return "Backend.AI ends it " + in + ", when its lifetime is over"
	case i.Check == "utilization":
		return "Backend.AI ends it " + in + ", unless it computes"
	case h.Connections > 0 && i.Awake:
		return "kept awake by " + counted(h.Connections, "connection")
	case h.Connections > 0:
		return "Backend.AI ends it " + in + ", and an open ssh does not count on this release: use it otherwise"
	}
	return "Backend.AI ends it " + in + ", unless it is used"
}

func (a *app) sayUndone(d sshconfig.Dir) {
	a.printf("baissh's line is out of %s, and %s is gone\n", d.Config(), d.Bai())
	if _, err := os.Stat(d.Backup()); err == nil {
		a.printf("your file as it was before baissh is still in %s\n", d.Backup())
	}
}

func filesWords(p transfer.Progress) string {
	return fmt.Sprintf("%d of %d files", p.FilesDone, p.Files)
}

func (a *app) sayCopied(r transfer.Result, took time.Duration) {
	words := fmt.Sprintf("copied %s", counted(r.Files, "file"))
	if seconds := took.Seconds(); r.Files > 0 {
		words += fmt.Sprintf(", %s in %.1f s (%s/s)", bytesWords(float64(r.Bytes)), seconds, bytesWords(float64(r.Bytes)/seconds))
	}
	if r.Skipped > 0 {
		words += fmt.Sprintf("; %s there already", counted(r.Skipped, "file"))
	}
	a.printf("%s\n", words)
}

func counted(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// bytesWords is a size as people read it.
func bytesWords(n float64) string {
	units := []string{"bytes", "KiB", "MiB", "GiB"}
	i := 0
	for ; n >= 1024 && i < len(units)-1; i++ {
		n /= 1024
	}
	switch {
	case i == 0 && math.Round(n) == 1:
		return "1 byte"
	case i == 0:
		return fmt.Sprintf("%.0f %s", n, units[i])
	}
	return fmt.Sprintf("%.1f %s", n, units[i])
}

// What the demo says goes to standard output: it is its result.

func (a *app) demoStep(format string, args ...any) { a.printf("* "+format+"\n", args...) }

func (a *app) demoCommand(program string, args []string) {
	a.printf("  $ %s %s\n", program, strings.Join(args, " "))
}

func (a *app) demoOutput(text string) {
	for line := range strings.Lines(text) {
		a.printf("  %s\n", strings.TrimRight(line, "\r\n"))
	}
}

func (a *app) sayDemoRuns(home folders.Home) {
	a.printf("\nTry it from another terminal:\n\n")
	a.printf("  ssh -F %s/config bai-demo\n", home.SSH())
	a.printf("  %s --home %s status\n\n", programName(), home.Dir)
	a.printf("Ctrl-C ends the demo and removes the folder.\n")
}

// programName is how this program was started, so that a line to paste works.
func programName() string {
	if path, err := os.Executable(); err == nil {
		return path
	}
	return "baissh"
}

func demoNotReady(h state.Host) error {
	if h.Reason != "" {
		return &state.Problem{Code: state.SessionNotReady, Fact: h.Reason, Hint: h.Hint}
	}
	return &state.Problem{Code: state.SessionNotReady, Fact: "the demo's session did not become ready in time", Hint: "baissh demo --verbose"}
}

func demoNeedsSSH(program string) error {
	return &state.Problem{Code: state.Garbage, Fact: "there is no " + program + " on this machine", Hint: "install the OpenSSH client"}
}
