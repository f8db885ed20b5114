//go:build desktop && linux

package filezilla

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"io"
	"net"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/pkg/sftp"
	"golang.org/x/crypto/ssh"
)

// A server is an ssh server that lets one key in and notes what it sees.
type server struct {
	port                          int
	hostKey, keyFile, fingerprint string

	mu   sync.Mutex // guards the rest
	seen strings.Builder
	news chan struct{} // closed at the next event
}

func newServer(t *testing.T, hostKeyKind string) *server {
	t.Helper()
	s := &server{news: make(chan struct{}), keyFile: filepath.Join(t.TempDir(), "키 file", "id_container")}
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	put(t, s.keyFile, string(pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)})))
	public, err := ssh.NewPublicKey(&key.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	s.fingerprint, s.hostKey = ssh.FingerprintSHA256(public), hostKeyOf(t, s, hostKeyKind, public)
	return s
}

// hostKeyOf listens with a new host key, so that no two servers have the same.
func hostKeyOf(t *testing.T, s *server, kind string, user ssh.PublicKey) string {
	t.Helper()
	signer := signers()[kind]
	if kind == ssh.KeyAlgoRSA {
		key, err := rsa.GenerateKey(rand.Reader, 2048)
		if err != nil {
			t.Fatal(err)
		}
		if signer, err = ssh.NewSignerFromKey(key); err != nil {
			t.Fatal(err)
		}
	}
	config := &ssh.ServerConfig{
		PublicKeyCallback: func(c ssh.ConnMetadata, key ssh.PublicKey) (*ssh.Permissions, error) {
			if ssh.FingerprintSHA256(key) != ssh.FingerprintSHA256(user) {
				return nil, io.EOF
			}
			return nil, nil
		},
		AuthLogCallback: func(c ssh.ConnMetadata, method string, err error) {
			if err == nil && method == "publickey" {
				s.note("log in " + c.User() + " " + ssh.FingerprintSHA256(user))
			} else if method != "none" {
				s.note("refuse " + method)
			}
		},
	}
	config.AddHostKey(signer)
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.port = ln.Addr().(*net.TCPAddr).Port
	t.Cleanup(func() { ln.Close() })
	go s.serve(ln, config)
	return strings.TrimSpace(string(ssh.MarshalAuthorizedKey(signer.PublicKey())))
}

func (s *server) serve(ln net.Listener, config *ssh.ServerConfig) {
	for {
		c, err := ln.Accept()
		if err != nil {
			return
		}
		go func() {
			defer c.Close()
			_, channels, requests, err := ssh.NewServerConn(c, config)
			if err != nil {
				return
			}
			go ssh.DiscardRequests(requests)
			for ch := range channels {
				go s.session(ch)
			}
		}()
	}
}

// session serves sftp and nothing else.
func (s *server) session(ch ssh.NewChannel) {
	channel, requests, err := ch.Accept()
	if err != nil {
		return
	}
	defer channel.Close()
	for r := range requests {
		isSFTP := r.Type == "subsystem" && strings.HasSuffix(string(r.Payload), "sftp")
		_ = r.Reply(isSFTP, nil)
		if isSFTP {
			s.note("sftp")
			go ssh.DiscardRequests(requests)
			files := sftp.InMemHandler()
			files.FileList = lister{files.FileList, s}
			_ = sftp.NewRequestServer(channel, files).Serve()
			return
		}
	}
}

type lister struct {
	sftp.FileLister
	s *server
}

func (l lister) Filelist(r *sftp.Request) (sftp.ListerAt, error) {
	l.s.note(strings.ToLower(r.Method) + " " + r.Filepath)
	return l.FileLister.Filelist(r)
}

func (s *server) note(what string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.seen.WriteString(what + "\n")
	close(s.news)
	s.news = make(chan struct{})
}

func (s *server) events() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.seen.String()
}

// await returns when an event of this name was seen.
func (s *server) await(what string) {
	for {
		s.mu.Lock()
		seen, news := strings.Contains(s.seen.String(), what), s.news
		s.mu.Unlock()
		if seen {
			return
		}
		<-news
	}
}

func (s *server) waitFor(t *testing.T, d *desktop, what string) {
	t.Helper()
	d.Until(what, func() bool { return strings.Contains(s.events(), what) })
}
