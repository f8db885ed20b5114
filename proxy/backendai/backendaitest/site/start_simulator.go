//go:build !real

package site

// Start starts the simulator.
func Start() (Site, error) { return simulate() }
