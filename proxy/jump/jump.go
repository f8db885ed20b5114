// Package jump reaches an ssh server that only another one can be asked to connect to:
// it logs in at the first, and opens a forwarding to the second. It knows no
// Backend.AI and no engine.
package jump

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"

	"golang.org/x/crypto/ssh"
)

// A Server is the ssh server on the way, and how to log in at it.
type Server struct {
	Account string
	Key     []byte // the private key
	HostKey string // the one to accept, in authorized_keys form
}

// What can be wrong beside the network.
var (
	ErrNoKey   = errors.New("the key has a passphrase, or is none")
	ErrRefused = errors.New("the server on the way does not accept the key")
	ErrNoWay   = errors.New("the server on the way does not go on")
)

// Dial goes on to an address through the server that conn leads to. The connection is
// its own: it is closed with what is returned, or with an error.
func (s Server) Dial(ctx context.Context, conn net.Conn, address string) (net.Conn, error) {
	far, err := s.dial(ctx, conn, address)
	if err != nil {
		conn.Close()
		return nil, err
	}
	return far, nil
}

func (s Server) dial(ctx context.Context, conn net.Conn, address string) (net.Conn, error) {
	config, err := s.config()
	if err != nil {
		return nil, err
	}
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	gated := newGate(conn)
	c, channels, requests, err := ssh.NewClientConn(gated, "", config)
	if err != nil {
		return nil, loginError(ctx, err)
	}
	client := ssh.NewClient(c, channels, requests)
	gated.follow()
	raw, err := client.DialContext(ctx, "tcp", address)
	if err != nil {
		client.Close()
		return nil, wayError(ctx, err)
	}
	return newConn(raw, client, gated), nil
}

func (s Server) config() (*ssh.ClientConfig, error) {
	signer, err := ssh.ParsePrivateKey(s.Key)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNoKey, err)
	}
	key, _, _, _, err := ssh.ParseAuthorizedKey([]byte(s.HostKey))
	if err != nil {
		return nil, fmt.Errorf("read the pinned host key: %w", err)
	}
	return &ssh.ClientConfig{
		User: s.Account, Auth: []ssh.AuthMethod{ssh.PublicKeys(signer)},
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

func loginError(ctx context.Context, err error) error {
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case strings.Contains(err.Error(), "unable to authenticate"): // package ssh has no value for it
		return fmt.Errorf("%w: %w", ErrRefused, err)
	}
	return err
}

func wayError(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return fmt.Errorf("%w: %w", ErrNoWay, err)
}
