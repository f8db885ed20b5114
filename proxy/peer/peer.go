// Package peer tells which local user is at the other end of a connection over
// loopback, where the operating system says so to an ordinary program: on Linux.
package peer

import "errors"

// ErrUnknown says that it cannot be told: the system does not say, or the other end is
// gone already.
var ErrUnknown = errors.New("it is not known who is at the other end")
