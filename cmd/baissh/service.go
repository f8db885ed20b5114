package main

import (
	"context"
	"errors"
	"os"

	"github.com/spf13/cobra"

	"baissh/proxy/state"
	"baissh/svc/install"
)

func (a *app) serviceCmd() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "service",
		Short: "have baissh run by itself, from your sign-in on",
		Long: `Put the engine among the operating system's services: a systemd user unit on
Linux, a LaunchAgent on macOS, on Windows a service of the machine that starts
one engine for each user who is signed in. It then runs from your sign-in on, and
comes back after a crash, on the same ports. On Windows it takes an administrator
to change it, and stop ends every user's engine, until the machine starts again.

It serves your own home; with --home, let "baissh run" go on by other means.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(a.serviceInstallCmd(), a.serviceUninstallCmd(),
		a.serviceRunCmd("start", "start the service now", (*install.Service).Start, a.sayStarted),
		a.serviceRunCmd("stop", "end the service, and the connections through it, until your next sign-in (Windows: until start)", (*install.Service).Stop, a.sayStopped),
		a.serviceRunCmd("restart", "start the service anew; connections through it end", (*install.Service).Restart, a.sayStarted),
		a.serviceStatusCmd(), a.serviceLogsCmd())
	cmd.AddCommand(a.ofThisSystem()...)
	return cmd
}

// service is the one of the user's own home.
func (a *app) service() (*install.Service, error) {
	home, err := a.home()
	if err != nil {
		return nil, err
	}
	if home.Given {
		return nil, &install.HomeError{Home: home.Dir, Why: "it is not the home of your account"}
	}
	return &install.Service{Home: home}, nil
}

func (a *app) serviceInstallCmd() *cobra.Command {
	return &cobra.Command{
		Use:   "install",
		Short: "have the service start at your sign-in, and now",
		Long: `Have the service start at your sign-in to this machine, and now. Before you have
signed in to a manager it waits for "baissh login".

Installing again refreshes what an earlier release wrote. A unit or LaunchAgent
that was written or edited by hand is left alone; where a package has brought a
unit for this very program, that one is enabled.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.installService(cmd.Context()) },
	}
}

func (a *app) installService(ctx context.Context) error {
	s, err := a.service()
	if err != nil {
		return err
	}
	if s.Program, err = install.Program(os.Args[0]); err != nil {
		return err
	}
	before, err := s.Status(ctx)
	if err != nil {
		return err
	}
	if err := a.onlyEngine(ctx, before); err != nil {
		return err
	}
	changed, err := s.Install(ctx)
	if err != nil {
		return err
	}
	err = s.Start(ctx)
	waits := errors.Is(err, install.ErrNotSignedIn)
	if err != nil && !waits {
		if !before.Installed {
			_, undo := s.Uninstall(context.WithoutCancel(ctx))
			err = errors.Join(err, undo)
		}
		return err
	}
	after, err := s.Status(ctx)
	if err != nil {
		return err
	}
	a.sayInstalled(changed, waits, before, after)
	return nil
}

// onlyEngine refuses to start a service beside an engine that was started by hand:
// it would meet that one's lock.
func (a *app) onlyEngine(ctx context.Context, st install.Status) error {
	if st.Running {
		return nil
	}
	_, err := a.snapshot(ctx)
	if err == nil || state.IsCode(err, state.VersionMismatch) {
		return errByHand
	}
	return nil
}

func (a *app) serviceUninstallCmd() *cobra.Command {
	return &cobra.Command{
		Use:   "uninstall",
		Short: "end the service and take it out of the system again",
		Long: `End the service, and take out what "baissh service install" has put into the
system. Settings, keys and ssh's files stay: for those see "baissh undo".`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			s, err := a.service()
			if err != nil {
				return err
			}
			changed, err := s.Uninstall(cmd.Context())
			if err != nil {
				return err
			}
			a.sayUninstalled(changed)
			return nil
		},
	}
}

func (a *app) serviceRunCmd(verb, short string, do func(*install.Service, context.Context) error, say func()) *cobra.Command {
	return &cobra.Command{
		Use:   verb,
		Short: short,
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			s, err := a.service()
			if err != nil {
				return err
			}
			if verb == "start" {
				st, err := s.Status(cmd.Context())
				if err == nil {
					err = a.onlyEngine(cmd.Context(), st)
				}
				if err != nil {
					return err
				}
			}
			if err := do(s, cmd.Context()); err != nil {
				return err
			}
			say()
			return nil
		},
	}
}

func (a *app) serviceStatusCmd() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "status",
		Short: "show whether the service is installed and runs",
		Long: `Show whether the service is installed, starts at your sign-in, and runs.

Exit status: 0 if it runs, 3 if it does not.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			s, err := a.service()
			if err != nil {
				return err
			}
			st, err := s.Status(cmd.Context())
			if err != nil {
				return err
			}
			show := a.showService
			if asJSON {
				show = func(st install.Status) error { return a.printJSON(st) }
			}
			if err := show(st); err != nil || st.Running {
				return err
			}
			return errNotRunning
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

// errNotRunning only sets the exit status: what there is to say was said.
var errNotRunning = errors.New("the service does not run")

func (a *app) serviceLogsCmd() *cobra.Command {
	var lines int
	var follow bool
	cmd := &cobra.Command{
		Use:   "logs",
		Short: "show what the service has logged",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			s, err := a.service()
			if err != nil {
				return err
			}
			return s.Logs(cmd.Context(), a.out, lines, follow)
		},
	}
	cmd.Flags().IntVarP(&lines, "lines", "n", 50, "this many of the last lines")
	cmd.Flags().BoolVarP(&follow, "follow", "f", false, "go on showing what it logs, until Ctrl-C")
	return cmd
}

// startService has a service run that had nothing to run for before this sign-in.
// The sign-in itself is good, whatever becomes of that.
func (a *app) startService(ctx context.Context) {
	s, err := a.service()
	if err != nil {
		return // a home that no service serves
	}
	started, err := s.SignedIn(ctx)
	switch {
	case err != nil:
		a.warnNotStarted(err)
	case started:
		a.sayStarted()
	default:
		a.sayHowToRun()
	}
}
