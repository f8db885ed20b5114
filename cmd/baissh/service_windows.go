package main

import (
	"github.com/spf13/cobra"

	"baissh/svc/install"
	"baissh/svc/supervise"
)

// ofThisSystem are the verbs that only Windows needs, and no person.
func (a *app) ofThisSystem() []*cobra.Command {
	return []*cobra.Command{{
		Use:    "supervise",
		Short:  "be the service that Windows has started",
		Args:   cobra.NoArgs,
		Hidden: true,
		RunE:   func(*cobra.Command, []string) error { return supervise.Run(install.Name) },
	}}
}
