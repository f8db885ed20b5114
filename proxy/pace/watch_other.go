//go:build !linux

package pace

import (
	"errors"
	"net"
)

// Known reports whether a client can be watched on this system.
const Known = false

func watch(net.Conn) (process, error) { return nil, errors.ErrUnsupported }
