//go:build unix

package main

import "github.com/spf13/cobra"

// ofThisSystem are none: the system starts the engine itself.
func (a *app) ofThisSystem() []*cobra.Command { return nil }
