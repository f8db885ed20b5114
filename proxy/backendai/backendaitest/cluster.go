package backendaitest

import (
	"fmt"
	"net"
	"path/filepath"
)

// startOthers gives the other containers of a cluster their ssh servers, which only
// the main container reaches. Those that run already go on.
func (e *Session) startOthers() error {
	if e.spec.SSH != InProcess && e.spec.SSH != Unwindowed {
		return nil // the machine's servers know no names of containers
	}
	for _, k := range e.kernels[1:] {
		if e.other(k.hostname()) != nil {
			continue
		}
		c, err := e.newOther(k.hostname())
		if err == nil {
			err = c.startSSH()
		}
		if err != nil {
			return fmt.Errorf("start container %s of session %s: %w", k.hostname(), e.Name(), err)
		}
		e.server.mu.Lock()
		e.others[k.hostname()] = c
		e.server.mu.Unlock()
	}
	return nil
}

func (e *Session) newOther(host string) (*container, error) {
	hostKey, err := e.server.keys.take()
	if err != nil {
		return nil, err
	}
	folder := filepath.Join(e.server.folder, e.id, host)
	c := &container{
		session: e, host: host, account: e.nextAccount(), hostKey: hostKey,
		home: filepath.Join(folder, "work"), config: filepath.Join(folder, "config"),
	}
	return c, c.furnish()
}

func (e *Session) other(host string) *container {
	return locked(e, func() *container { return e.others[host] })
}

func (e *Session) stopOthers() {
	e.server.mu.Lock()
	others := e.others
	e.others = map[string]*container{}
	e.server.mu.Unlock()
	for _, c := range others {
		c.end()
	}
}

// ClusterHosts are the names of the containers, the main one first.
func (e *Session) ClusterHosts() (hosts []string) {
	for _, k := range e.kernels {
		hosts = append(hosts, k.hostname())
	}
	return hosts
}

// reach is where an address of the cluster's network is on this machine.
func (c *container) reach(host string, port uint32) string {
	if other := c.session.other(host); other != nil && port == sshdPort {
		if server := other.server(); server != nil {
			return server.address()
		}
	}
	return net.JoinHostPort(host, portText(port))
}
