package main

import "golang.org/x/sys/windows"

// hasStderr reports whether anybody could read what is printed: a program without
// a console that starts us hands none on.
func hasStderr() bool {
	h, err := windows.GetStdHandle(windows.STD_ERROR_HANDLE)
	return err == nil && h != 0 && h != windows.InvalidHandle
}
