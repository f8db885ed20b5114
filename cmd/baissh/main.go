// Command baissh makes every compute session of a Backend.AI cluster answer to
// "ssh bai-SESSION".
package main

import (
	"context"
	"errors"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"

	"baissh/proxy/folders"
	"baissh/proxy/settings"
	"baissh/svc"
	"baissh/svc/install"
)

// Exit codes. A supervisor starts the engine again after 1, and only then.
const (
	exitOK            = 0
	exitFailed        = 1
	exitUsage         = 2
	exitNotConfigured = 3
	exitRunning       = 4

	exitNotRunning = 3 // of "service status", as systemctl has it
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), endings()...)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

// endings are the signals to end in order at. A terminal that closes is one, but for
// who said nohup.
func endings() []os.Signal {
	list := []os.Signal{os.Interrupt, syscall.SIGTERM}
	if !signal.Ignored(syscall.SIGHUP) {
		list = append(list, syscall.SIGHUP)
	}
	return list
}

// run is the whole program but for the process around it.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	a := &app{in: stdin, out: stdout, err: stderr}
	root := a.root()
	root.SetArgs(args)
	root.SetIn(stdin)
	root.SetOut(stdout)
	root.SetErr(stderr)
	err := root.ExecuteContext(ctx)
	if err != nil && !errors.Is(err, errNotRunning) {
		a.fail(err)
	}
	return a.exitCode(err)
}

// exitCode keeps launchd, which knows no list of them, from starting again what
// would end in the same way.
func (a *app) exitCode(err error) int {
	code := exitCode(err)
	if a.launchd && code != exitFailed {
		return exitOK
	}
	return code
}

func exitCode(err error) int {
	var running *svc.RunningError
	var usage *usageError
	switch {
	case err == nil:
		return exitOK
	case errors.As(err, &usage):
		return exitUsage
	case errors.As(err, &running), errors.Is(err, install.ErrOtherEngine), errors.Is(err, errByHand):
		return exitRunning
	case errors.Is(err, settings.ErrNone), errors.Is(err, install.ErrNotSignedIn):
		return exitNotConfigured
	case errors.Is(err, errNotRunning):
		return exitNotRunning
	}
	return exitFailed
}

// An app is what all verbs share.
type app struct {
	in       io.Reader
	out, err io.Writer
	homeFlag string
	launchd  bool // launchd has started us
}

// home is where everything lies: below --home, BAISSH_HOME or the user's home.
func (a *app) home() (folders.Home, error) {
	dir := a.homeFlag
	if dir == "" {
		dir = os.Getenv("BAISSH_HOME")
	}
	return folders.At(dir)
}

func (a *app) root() *cobra.Command {
	root := &cobra.Command{
		Use:           "baissh",
		Short:         "SSH for Backend.AI",
		Long:          longHelp,
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          cobra.NoArgs,
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.Version = version() // --version, as baissh-tray has it
	root.SetVersionTemplate(versionWords())
	root.PersistentFlags().StringVar(&a.homeFlag, "home", "", "put everything below `DIR`, as if it were the user's home (or set BAISSH_HOME)")
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error { return &usageError{cmd, err} })
	root.AddCommand(a.loginCmd(), a.logoutCmd(), a.runCmd(), a.statusCmd(), a.enableCmd(), a.disableCmd(),
		a.infoCmd(), a.getCmd(), a.putCmd(), a.policyCmd(), a.reloadCmd(), a.undoCmd(), a.serviceCmd(), a.demoCmd(), a.versionCmd())
	checkUsage(root)
	return root
}

func checkUsage(cmd *cobra.Command) {
	cmd.Args = usageArgs(cmd, cmd.Args)
	for _, sub := range cmd.Commands() {
		checkUsage(sub)
	}
}

// A usageError is a command line that cannot be meant.
type usageError struct {
	cmd *cobra.Command
	err error
}

func (e *usageError) Error() string { return e.err.Error() }
func (e *usageError) Unwrap() error { return e.err }

// oneName wants the name of a session.
func oneName(_ *cobra.Command, args []string) error {
	switch len(args) {
	case 0:
		return errors.New("which session? give its alias, name or id")
	case 1:
		return nil
	}
	return errors.New("one session at a time: give one alias, name or id")
}

// usageArgs makes usage errors of wrong arguments.
func usageArgs(cmd *cobra.Command, check cobra.PositionalArgs) cobra.PositionalArgs {
	if check == nil {
		return nil
	}
	return func(_ *cobra.Command, args []string) error {
		if err := check(cmd, args); err != nil {
			return &usageError{cmd, err}
		}
		return nil
	}
}
