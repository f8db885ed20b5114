//go:build !linux

package peer

import "net"

// Known reports whether UID can be asked on this system.
const Known = false

// UID is not known here.
func UID(net.Conn) (int, error) { return -1, ErrUnknown }
