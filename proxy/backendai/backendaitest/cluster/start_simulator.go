//go:build !real

package cluster

// Start starts the simulator.
func Start() (Cluster, error) { return simulate() }
