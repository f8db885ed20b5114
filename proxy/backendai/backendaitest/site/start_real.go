//go:build real

package site

// Start starts the real server, or takes the one that runs.
func Start() (Site, error) { return startReal() }
