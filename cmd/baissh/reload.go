package main

import "github.com/spf13/cobra"

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
			return c.Reload(cmd.Context())
		},
	}
}
