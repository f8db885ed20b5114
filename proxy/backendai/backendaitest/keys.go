package backendaitest

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"strings"
	"sync"

	"golang.org/x/crypto/ssh"
)

// An sshKey is an RSA key of 2048 bits, the only kind that containers have.
type sshKey struct {
	private    *rsa.PrivateKey
	signer     ssh.Signer
	authorized string // the public half as a line of authorized_keys, without its end
}

func newSSHKey() (*sshKey, error) {
	private, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return nil, err
	}
	signer, err := ssh.NewSignerFromKey(private)
	if err != nil {
		return nil, err
	}
	line := strings.TrimSpace(string(ssh.MarshalAuthorizedKey(signer.PublicKey())))
	return &sshKey{private: private, signer: signer, authorized: line}, nil
}

func (k *sshKey) pkcs1() []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(k.private)})
}

func (k *sshKey) openSSH() []byte {
	block, err := ssh.MarshalPrivateKey(k.private, "")
	if err != nil {
		panic(err) // an RSA key of our own making
	}
	return pem.EncodeToMemory(block)
}

// spare holds keys that no server has at present, for the next one: they take more
// time to make than all else that a test does. The oldest are used first.
var spare struct {
	sync.Mutex
	keys []*sshKey
}

// A keyStock makes keys ahead of their use.
type keyStock struct {
	ready   chan *sshKey
	stopped chan struct{}

	mu    sync.Mutex // guards given
	given []*sshKey
}

func startKeyStock(ctx context.Context) *keyStock {
	stock := &keyStock{ready: make(chan *sshKey), stopped: make(chan struct{})}
	go stock.fill(ctx)
	return stock
}

// fill offers one key after the other until ctx ends.
func (s *keyStock) fill(ctx context.Context) {
	defer close(s.stopped)
	for ctx.Err() == nil {
		key, err := spareKey()
		if err != nil {
			return
		}
		select {
		case s.ready <- key:
		case <-ctx.Done():
			putBack(key)
		}
	}
}

func spareKey() (*sshKey, error) {
	spare.Lock()
	if len(spare.keys) > 0 {
		defer spare.Unlock()
		key := spare.keys[0]
		spare.keys = spare.keys[1:]
		return key, nil
	}
	spare.Unlock()
	return newSSHKey()
}

func putBack(keys ...*sshKey) {
	spare.Lock()
	defer spare.Unlock()
	spare.keys = append(spare.keys, keys...)
}

// take returns a key that nobody had before at this server. Where none is ready,
// whoever waits makes one on another processor meanwhile.
func (s *keyStock) take() (*sshKey, error) {
	var key *sshKey
	var err error
	select {
	case key = <-s.ready:
	default:
		if key, err = spareKey(); err != nil {
			return nil, err
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.given = append(s.given, key)
	return key, nil
}

// close waits for the last key, and leaves all to the servers to come. Nobody may
// take one any more.
func (s *keyStock) close() {
	<-s.stopped
	s.mu.Lock()
	defer s.mu.Unlock()
	putBack(s.given...)
	s.given = nil
}

// sshKeyOf returns the key that sessions of a key pair are made with: one of their
// own where the user has none.
func (s *Server) sshKeyOf(pair *keyPair) (*sshKey, error) {
	if pair.owner.NoSSHKey {
		return s.keys.take()
	}
	s.mu.Lock()
	key := pair.ssh
	s.mu.Unlock()
	if key != nil {
		return key, nil
	}
	key, err := s.keys.take()
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if pair.ssh == nil { // else somebody was faster
		pair.ssh = key
	}
	return pair.ssh, nil
}
