//go:build unix

package transfer

import (
	"io/fs"
	"syscall"
)

// umask is what this user does not want files to be, whatever they are in a session.
// It can only be asked by setting it, so that is done before anything runs.
var umask = func() fs.FileMode {
	mask := syscall.Umask(0o077)
	syscall.Umask(mask)
	return fs.FileMode(mask).Perm()
}()
