//go:build real

package cluster

// Start starts the real server, or takes the one that runs.
func Start() (Cluster, error) { return startReal() }
