//go:build !linux

package tray

import "context"

// A bus is what only Linux has.
type bus struct{}

func joinDesktop() (*bus, error) { return &bus{}, nil }

func (*bus) left() <-chan struct{}                         { return nil }
func (*bus) close()                                        {}
func (*bus) hint(context.Context, func(string))            {}
func (*bus) panels() <-chan struct{}                       { return nil }
func (*bus) followPanels(context.Context, <-chan struct{}) {}
func desktopSession() string                               { return "" }
