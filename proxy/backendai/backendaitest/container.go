package backendaitest

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"syscall"
)

// An SSHServer is a kind of ssh server behind sessions.
type SSHServer string

// The kinds of ssh servers.
const (
	InProcess SSHServer = "in-process" // ours: shells, sftp and forwarding, as the user of the simulator
	Dropbear  SSHServer = "dropbear"   // the machine's dropbear
	OpenSSH   SSHServer = "openssh"    // the machine's sshd
	NoServer  SSHServer = "none"       // the app is listed, but its port refuses

	// Unwindowed is ours, but sends as much as it likes, as the Dropbear in sessions does
	// since 23.09: clients that cannot keep up lose data.
	Unwindowed SSHServer = "unwindowed"
)

// A container is one life of a session's container: a folder, and an ssh server that
// may stop and start meanwhile.
type container struct {
	session *Session
	host    string // its name in the cluster
	account string
	home    string // what /home/work is in a real one
	config  string // what /home/config is
	hostKey *sshKey
	ran     atomic.Bool // any program at all

	life  sync.Mutex // held while the ssh server starts or stops
	ended bool       // guarded by life

	mu     sync.Mutex // guards what follows
	ssh    sshServer  // nil while none listens
	counts Connections
}

// An sshServer is one run of an ssh server. After stop nothing of it is left: no
// connection, no program that serves one, nothing that listens.
type sshServer interface {
	address() string
	stop()
}

// startSSH does nothing while a server runs.
func (c *container) startSSH() error {
	c.life.Lock()
	defer c.life.Unlock()
	if c.ended {
		return errors.New("start ssh: the container has ended")
	}
	if c.server() != nil {
		return nil
	}
	server, err := c.newSSH()
	c.setServer(server)
	return err
}

// newSSH starts a server of the session's kind, or none.
func (c *container) newSSH() (sshServer, error) {
	switch kind := c.session.spec.SSH; kind {
	case InProcess, Unwindowed:
		return startInProcess(c)
	case Dropbear:
		return startDropbear(c)
	case OpenSSH:
		return startSSHD(c)
	case NoServer:
		return nil, nil
	default:
		return nil, fmt.Errorf("start ssh: there is no kind %q", kind)
	}
}

func (c *container) server() sshServer {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.ssh
}

func (c *container) setServer(server sshServer) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ssh = server
}

func (c *container) stopSSH() {
	c.life.Lock()
	defer c.life.Unlock()
	c.halt()
}

func (c *container) halt() {
	if server := c.server(); server != nil {
		server.stop()
		c.setServer(nil)
	}
}

// end stops the ssh server for good, and then what its programs left behind.
func (c *container) end() {
	c.life.Lock()
	defer c.life.Unlock()
	c.ended = true
	c.halt()
	if c.ran.Load() {
		endStrays(c.mark())
	}
}

// dial connects to the ssh server as the manager does.
func (c *container) dial(ctx context.Context) (net.Conn, error) {
	server := c.server()
	if server == nil {
		// Not the port of before: somebody else may have it by now.
		return nil, fmt.Errorf("dial ssh: %w", syscall.ECONNREFUSED)
	}
	conn, err := c.session.server.options.Network.DialContext(ctx, "tcp", server.address())
	if _, counts := server.(*inProcess); err != nil || counts {
		return conn, err
	}
	return c.countedConn(conn), nil
}
