package main

import (
	"context"
	"errors"

	"github.com/spf13/cobra"

	"baissh/proxy/settings"
	"baissh/proxy/state"
	"baissh/svc/control"
)

func (a *app) policyCmd() *cobra.Command {
	policies := []string{string(state.Auto), string(state.Manual)}
	return &cobra.Command{
		Use:   "policy [POLICY]",
		Short: "say or set whether new sessions get ssh by themselves",
		Long: `With "auto" your interactive sessions get ssh as they appear; with "manual" none
does until "baissh enable NAME". What was said for a name by enable or disable
wins over both. Sessions that have ssh when "manual" is said to a baissh that runs
keep it, as if each had been enabled by name. Without an argument, the policy is
printed.`,
		Args:      cobra.MatchAll(cobra.MaximumNArgs(1), cobra.OnlyValidArgs),
		ValidArgs: policies,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return a.setPolicy(cmd.Context(), state.Policy(args[0]))
			}
			home, err := a.home()
			if err != nil {
				return err
			}
			s, err := settings.Load(home)
			if !settings.Usable(err) {
				return err
			}
			a.printf("%s\n", s.Policy)
			return nil
		},
	}
}

// setPolicy has the engine do it, so that it holds when the command ends; where none
// runs, the settings are for the next one.
func (a *app) setPolicy(ctx context.Context, p state.Policy) error {
	home, err := a.home()
	if err != nil {
		return err
	}
	if _, err := settings.Load(home); !settings.Usable(err) {
		return err
	}
	c := control.NewClient(home.Socket())
	defer c.Close()
	if err := c.SetPolicy(ctx, p); !errors.Is(err, control.ErrNoEngine) {
		return err
	}
	return settings.Apply(home, settings.Edit{Key: "policy", Value: string(p)})
}
