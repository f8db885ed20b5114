package main

import (
	"context"
	"time"

	"github.com/spf13/cobra"

	"baissh/proxy/state"
	"baissh/svc/control"
)

func (a *app) enableCmd() *cobra.Command {
	return a.choiceCmd("enable", true, "have ssh for a session, and for later ones of its name")
}

func (a *app) disableCmd() *cobra.Command {
	return a.choiceCmd("disable", false, "have no ssh for a session, nor for later ones of its name")
}

func (a *app) choiceCmd(verb string, on bool, short string) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   verb + " NAME",
		Short: short,
		Long: `NAME is an alias, a session's name or its id. The choice is kept for the name:
it holds for sessions that are made later, and wins over the policy.`,
		Args:              oneName,
		ValidArgsFunction: a.completeHosts,
		RunE: func(cmd *cobra.Command, args []string) error {
			h, err := a.choose(cmd.Context(), args[0], on)
			if err != nil {
				return err
			}
			if asJSON {
				return a.printJSON(h)
			}
			return hostTable(a.out, []state.Host{h})
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the host as JSON")
	return cmd
}

// readyLimit is how long enable waits for a host to become ready, so that the
// next command of a script finds it.
const readyLimit = 10 * time.Second

func (a *app) choose(ctx context.Context, word string, on bool) (state.Host, error) {
	c, err := a.client()
	if err != nil {
		return state.Host{}, err
	}
	defer c.Close()
	h, err := c.Enable(ctx, word, on)
	if err != nil || !on {
		return h, a.orNotSignedIn(err)
	}
	return settled(ctx, c, h)
}

// settled waits while a host is starting.
func settled(ctx context.Context, c *control.Client, h state.Host) (state.Host, error) {
	ctx, cancel := context.WithTimeout(ctx, readyLimit)
	defer cancel()
	for index := uint64(0); h.State == state.Starting; {
		s, err := c.Status(ctx, index)
		if err != nil {
			return h, nil //nolint:nilerr // as it is known by now
		}
		index = s.Index
		if now, ok := s.Host(h.SessionID); ok {
			h = now
		}
	}
	return h, nil
}

// completeHosts offers the aliases that the engine knows.
func (a *app) completeHosts(cmd *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	s, err := a.snapshot(cmd.Context())
	if err != nil || len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	var words []string
	for _, h := range s.Hosts {
		if h.Alias != "" {
			words = append(words, h.Alias+"\t"+h.Name)
		}
	}
	return words, cobra.ShellCompDirectiveNoFileComp
}
