package transfer

import (
	"context"
	"errors"
	"fmt"
	"net"
	"time"

	"github.com/pkg/sftp"
	"golang.org/x/crypto/ssh"
)

// What is in flight at once. The Dropbear that Backend.AI ships ignores the window of
// ssh, so that more than the 2 MiB which x/crypto grants ends the connection: it is
// the sum over all files that counts, and 1 MiB leaves room and is as fast.
// (Measured; sftp-server 8.1 also answers no more than 64 KiB a request.)
const (
	packet   = 32 << 10 // bytes
	requests = 16       // for one file
	atOnce   = 2        // files
)

// dialLimit is how long a log-in may take: the tunnel's own limit, and some.
const dialLimit = 20 * time.Second

// A Login is how to enter a session.
type Login struct {
	Port    int    // on 127.0.0.1
	User    string // the account in the session
	HostKey string // the one to accept, in authorized_keys form
	Auth    []ssh.AuthMethod
}

// A conn is an sftp session.
type conn struct {
	ssh  *ssh.Client
	sftp *sftp.Client
}

// dial logs in. The connection ends with ctx.
func dial(ctx context.Context, l Login) (*conn, error) {
	config, err := l.config()
	if err != nil {
		return nil, err
	}
	address := net.JoinHostPort("127.0.0.1", fmt.Sprint(l.Port))
	d := net.Dialer{Timeout: dialLimit}
	raw, err := d.DialContext(ctx, "tcp", address)
	if err != nil {
		return nil, err
	}
	stop := context.AfterFunc(ctx, func() { raw.Close() })
	c, err := logIn(raw, address, config)
	if err != nil {
		stop()
		raw.Close()
		return nil, errors.Join(ctx.Err(), err)
	}
	return c, nil
}

func (l Login) config() (*ssh.ClientConfig, error) {
	key, _, _, _, err := ssh.ParseAuthorizedKey([]byte(l.HostKey))
	if err != nil {
		return nil, fmt.Errorf("read the pinned host key: %w", err)
	}
	return &ssh.ClientConfig{
		User: l.User, Auth: l.Auth,
		HostKeyCallback: ssh.FixedHostKey(key), HostKeyAlgorithms: algorithmsOf(key),
	}, nil
}

// algorithmsOf has the server show the key that is pinned, if it has several.
func algorithmsOf(key ssh.PublicKey) []string {
	if key.Type() == ssh.KeyAlgoRSA {
		return []string{ssh.KeyAlgoRSASHA512, ssh.KeyAlgoRSASHA256, ssh.KeyAlgoRSA}
	}
	return []string{key.Type()}
}

func logIn(raw net.Conn, address string, config *ssh.ClientConfig) (*conn, error) {
	raw.SetDeadline(time.Now().Add(dialLimit))
	c, channels, global, err := ssh.NewClientConn(raw, address, config)
	if err != nil {
		return nil, err
	}
	client := ssh.NewClient(c, channels, global)
	files, err := sftp.NewClient(client, sftp.MaxPacketChecked(packet), sftp.MaxConcurrentRequestsPerFile(requests))
	if err != nil {
		client.Close()
		return nil, fmt.Errorf("the session has no sftp server: %w", err)
	}
	raw.SetDeadline(time.Time{})
	return &conn{ssh: client, sftp: files}, nil
}

func (c *conn) close() {
	c.sftp.Close()
	c.ssh.Close()
}

// lost reports whether err means that there is no connection any more, which a new
// one can mend.
func lost(err error) bool {
	return errors.Is(err, sftp.ErrSSHFxConnectionLost) || errors.Is(err, net.ErrClosed)
}
