package main

import (
	"context"
	"errors"

	"github.com/spf13/cobra"

	"baissh/proxy"
	"baissh/proxy/settings"
	"baissh/proxy/sshconfig"
)

func (a *app) undoCmd() *cobra.Command {
	return &cobra.Command{
		Use:   "undo",
		Short: "take baissh out of ssh's and FileZilla's files again",
		Long: `Take baissh's line out of ~/.ssh/config and its sites out of FileZilla's Site
Manager, with every edit of yours kept, and remove ~/.ssh/bai. Nothing is
written for them any more: until you say baissh login --write-ssh-config=yes, or
set write = "include" under [ssh], and write = "on" under [filezilla], in
settings.toml. Logins, choices and ports are kept; so is the backup of your
ssh config.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.undo(cmd.Context()) },
	}
}

// undo switches the writer off before it takes anything out, so that a running
// engine does not put it in again.
func (a *app) undo(ctx context.Context) error {
	home, err := a.home()
	if err != nil {
		return err
	}
	err = settings.Apply(home,
		settings.Edit{Table: "ssh", Key: "write", Value: string(settings.WriteOff)},
		settings.Edit{Table: "filezilla", Key: "write", Value: string(settings.SitesOff)})
	if err != nil {
		return err
	}
	if _, err := tellEngine(ctx, home); err != nil {
		return err
	}
	w := sshconfig.Writer{Dir: sshconfig.Dir{Path: home.SSH(), Tilde: home.Tilde}}
	if err := errors.Join(w.Undo(ctx), proxy.FileZilla(home).Undo(ctx)); err != nil {
		return err
	}
	a.sayUndone(w.Dir)
	return nil
}
