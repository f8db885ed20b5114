package jump_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"net"
	"testing"
	"time"

	"go.uber.org/goleak"
	"golang.org/x/crypto/ssh"

	"baissh/proxy/backendai/backendaitest"
	"baissh/proxy/jump"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// A cluster is a session of two containers.
type cluster struct {
	*testing.T
	session *backendaitest.Session
}

func newCluster(t *testing.T, ssh backendaitest.SSHServer) *cluster {
	t.Helper()
	server, err := backendaitest.Start(backendaitest.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { server.Close() })
	session, err := server.CreateSession(backendaitest.SessionSpec{Name: "pair", Containers: 2, SSH: ssh})
	if err != nil {
		t.Fatal(err)
	}
	return &cluster{t, session}
}

// tunnel is a connection to the first.
func (c *cluster) tunnel() net.Conn {
	c.Helper()
	conn, err := net.Dial("tcp", c.session.SSHAddress())
	if err != nil {
		c.Fatal(err)
	}
	return &pinged{Conn: conn}
}

// pinged is a connection that can be asked whether its far side is there.
type pinged struct {
	net.Conn
	asked bool
}

func (p *pinged) Ping(context.Context) error {
	p.asked = true
	return nil
}

func (c *cluster) main() jump.Server {
	return jump.Server{Account: c.session.Account(), Key: c.session.Key(), HostKey: c.session.HostKey()}
}

const sub = "sub1:2200"

// login is an ssh client of the second container.
func (c *cluster) login(conn net.Conn) *ssh.Client {
	c.Helper()
	signer, err := ssh.ParsePrivateKey(c.session.Key())
	if err != nil {
		c.Fatal(err)
	}
	config := &ssh.ClientConfig{
		User: c.session.Account(), Auth: []ssh.AuthMethod{ssh.PublicKeys(signer)},
		HostKeyCallback: func(_ string, _ net.Addr, key ssh.PublicKey) error {
			if string(ssh.MarshalAuthorizedKey(key)) == c.session.HostKey()+"\n" {
				return errors.New("this is the main container")
			}
			return nil
		},
	}
	s, channels, requests, err := ssh.NewClientConn(conn, "", config)
	if err != nil {
		c.Fatal(err)
	}
	return ssh.NewClient(s, channels, requests)
}

func TestGoesOnToAnotherContainer(t *testing.T) {
	c := newCluster(t, backendaitest.InProcess)
	tunnel := c.tunnel()
	conn, err := c.main().Dial(t.Context(), tunnel, sub)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	s, err := c.login(conn).NewSession()
	if err != nil {
		t.Fatal(err)
	}
	if out, err := s.Output("echo $BACKENDAI_CLUSTER_HOST"); err != nil || string(out) != "sub1\n" {
		t.Errorf("it is %q, %v", out, err)
	}
	if p, ok := conn.(interface{ Ping(context.Context) error }); !ok || p.Ping(t.Context()) != nil || !tunnel.(*pinged).asked {
		t.Error("it cannot be asked whether it is there")
	}
}

func TestWhyThereIsNoWay(t *testing.T) {
	c := newCluster(t, backendaitest.InProcess)
	other, err := backendaitest.Start(backendaitest.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	stranger, err := other.CreateSession(backendaitest.SessionSpec{})
	if err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		server  func(*jump.Server)
		address string
		want    error
	}{
		"no key":           {func(s *jump.Server) { s.Key = []byte("none") }, sub, jump.ErrNoKey},
		"another key":      {func(s *jump.Server) { s.Key = stranger.Key() }, sub, jump.ErrRefused},
		"another host key": {func(s *jump.Server) { s.HostKey = stranger.HostKey() }, sub, nil},
		"nobody there":     {func(*jump.Server) {}, "127.0.0.1:1", jump.ErrNoWay},
	} {
		server := c.main()
		tt.server(&server)
		conn := c.tunnel()
		_, err := server.Dial(t.Context(), conn, tt.address)
		if err == nil || tt.want != nil && !errors.Is(err, tt.want) {
			t.Errorf("%s: %v, want %v", name, err, tt.want)
		}
		if _, err := conn.Write([]byte("x")); err == nil {
			t.Errorf("%s: the tunnel is open still", name)
		}
	}
}

// A reader that is slow, or sleeps, holds the server back; nothing is lost. It holds
// back the one that ignores the window of ssh, too.
func TestASlowReaderGetsAll(t *testing.T) {
	for _, server := range []backendaitest.SSHServer{backendaitest.InProcess, backendaitest.Unwindowed} {
		t.Run(string(server), func(t *testing.T) { readSlowly(t, newCluster(t, server)) })
	}
}

func readSlowly(t *testing.T, c *cluster) {
	t.Helper()
	text := make([]byte, 24<<20)
	for i := range text {
		text[i] = byte(i * i >> 7)
	}
	conn, err := c.main().Dial(t.Context(), c.tunnel(), saying(t, text))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	got := sha256.New()
	if n, err := io.CopyBuffer(got, struct{ io.Reader }{&slow{Conn: conn}}, make([]byte, 64<<10)); n != int64(len(text)) || err != nil {
		t.Fatalf("%d bytes came, %v", n, err)
	}
	if want := sha256.Sum256(text); string(got.Sum(nil)) != string(want[:]) {
		t.Error("the sum is another")
	}
}

// saying is the address of somebody in the cluster who says something and hangs up.
func saying(t *testing.T, text []byte) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	t.Cleanup(func() { ln.Close(); <-done })
	go func() {
		defer close(done)
		conn, err := ln.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		conn.Write(text)
	}()
	return ln.Addr().String()
}

// slow stops for a while after each MiB.
type slow struct {
	net.Conn
	n int
}

func (s *slow) Read(p []byte) (int, error) {
	n, err := s.Conn.Read(p)
	if s.n += n; s.n > 1<<20 {
		s.n = 0
		<-time.After(20 * time.Millisecond)
	}
	return n, err
}
