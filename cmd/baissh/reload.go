package main

import (
	"errors"

	"github.com/spf13/cobra"

	"baissh/proxy/settings"
)

func (a *app) reloadCmd() *cobra.Command {
	return &cobra.Command{
		Use:   "reload",
		Short: "read the settings again, and try at once what waits for a retry",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := a.client()
			if err != nil {
				return err
			}
			defer c.Close()
			if err := c.Reload(cmd.Context()); err != nil {
				return a.orNotSignedIn(err)
			}
			return a.wrongProfiles()
		},
	}
}

// wrongProfiles is the complaint about profiles whose settings the engine cannot use.
func (a *app) wrongProfiles() error {
	home, err := a.home()
	if err != nil {
		return err
	}
	var mistakes *settings.MistakeError
	if _, err := settings.Load(home); errors.As(err, &mistakes) {
		return err
	}
	return nil
}
