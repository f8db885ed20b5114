//go:build unix

package main

// hasStderr is so wherever one process starts another.
func hasStderr() bool { return true }
