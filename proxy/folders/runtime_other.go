//go:build !linux

package folders

// RuntimeDir is "": no such folder is made here.
func RuntimeDir() string { return "" }
