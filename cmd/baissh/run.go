package main

import (
	"errors"
	"log/slog"

	"github.com/spf13/cobra"

	"baissh/proxy/settings"
	"baissh/svc"
)

func (a *app) runCmd() *cobra.Command {
	var verbose, supervised bool
	cmd := &cobra.Command{
		Use:   "run",
		Short: "keep all sessions reachable, until Ctrl-C",
		Long: `Run the engine in the foreground: it watches the sessions of every profile and
keeps their ports, keys and ssh hosts. Ctrl-C ends it.

Exit status: 3 if nobody has signed in, 4 if another baissh serves this home.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			home, err := a.home()
			if err != nil {
				return err
			}
			if s, err := settings.Load(home); errors.Is(err, settings.ErrNone) || err == nil && len(s.Profiles) == 0 {
				return settings.ErrNone
			}
			ctx := cmd.Context()
			if supervised {
				ctx = whileOpen(ctx, a.in)
			}
			if supervised || !hasStderr() {
				defer a.logToFile(home)()
			}
			return svc.Run(ctx, home, version(), a.logger(verbose), a.sayRunning)
		},
	}
	cmd.Flags().BoolVarP(&verbose, "verbose", "v", false, "log more")
	cmd.Flags().BoolVar(&a.launchd, "launchd", false, "end with status 0 where starting again is of no use")
	cmd.Flags().MarkHidden("launchd")
	cmd.Flags().BoolVar(&supervised, "supervised", false, "end with standard input, and log to a file")
	cmd.Flags().MarkHidden("supervised")
	return cmd
}

// logger writes to standard error, without what the journal adds by itself.
func (a *app) logger(verbose bool) *slog.Logger {
	level := slog.LevelInfo
	if verbose {
		level = slog.LevelDebug
	}
	return slog.New(slog.NewTextHandler(a.err, &slog.HandlerOptions{Level: level}))
}
