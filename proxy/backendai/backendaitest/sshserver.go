package backendaitest

import (
	"context"
	"errors"
	"net"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/gliderlabs/ssh"
	gossh "golang.org/x/crypto/ssh"
)

// An inProcess is one run of our own ssh server.
type inProcess struct {
	container *container
	listener  net.Listener
	hostKey   gossh.Signer

	ctx    context.Context // ends when the server is to stop
	cancel context.CancelFunc
	tasks  gate
}

func startInProcess(c *container) (sshServer, error) {
	// Names of keys with SHA-1 are refused by today's clients, and so not offered.
	hostKey, err := gossh.NewSignerWithAlgorithms(c.hostKey.signer.(gossh.AlgorithmSigner),
		[]string{gossh.KeyAlgoRSASHA256, gossh.KeyAlgoRSASHA512})
	if err != nil {
		return nil, err
	}
	listener, err := c.session.server.options.Network.Listen(0)
	if err != nil {
		return nil, err
	}
	s := &inProcess{container: c, listener: listener, hostKey: hostKey}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	s.tasks.enter()
	go s.accept()
	return s, nil
}

func (s *inProcess) address() string { return s.listener.Addr().String() }

func (s *inProcess) stop() {
	s.listener.Close()
	s.cancel()
	s.tasks.close()
}

// accept ends when the listener is closed.
func (s *inProcess) accept() {
	defer s.tasks.leave()
	for {
		conn, err := s.listener.Accept()
		switch {
		case errors.Is(err, net.ErrClosed):
			return
		case err != nil: // too many open files, which passes
			s.pause()
		case s.tasks.enter():
			go s.serve(conn)
		default:
			conn.Close()
		}
	}
}

// accepted takes up a channel that a client offers.
func (l *login) accepted(offer gossh.NewChannel) (gossh.Channel, <-chan *gossh.Request, error) {
	channel, requests, err := offer.Accept()
	if err == nil && l.server.container.session.spec.SSH == Unwindowed {
		channel, err = ignoreWindow(channel)
	}
	return channel, requests, err
}

func (s *inProcess) pause() {
	select {
	case <-time.After(10 * time.Millisecond):
	case <-s.ctx.Done():
	}
}

// A login is one connection, before and after it has logged in.
type login struct {
	server   *inProcess
	forwards forwards
	pass     func() // counts it no longer among those before login
	alive    keepalive
}

// loginLimit is how long Dropbear waits for somebody to log in.
const loginLimit = 300 * time.Second

func (s *inProcess) serve(conn net.Conn) {
	defer s.tasks.leave()
	defer conn.Close()
	if !s.container.admit() {
		return
	}
	defer context.AfterFunc(s.ctx, func() { conn.Close() })()
	l := &login{server: s}
	limit := time.AfterFunc(loginLimit, func() { conn.Close() })
	l.pass = sync.OnceFunc(func() {
		limit.Stop()
		s.container.count(func(n *Connections) { n.BeforeLogin-- })
	})
	l.ssh().HandleConn(conn)
	l.forwards.close()
	l.alive.tasks.Wait()
	l.pass()
	s.container.count(func(n *Connections) { n.Open-- })
}

// ssh is a server for this one connection.
func (l *login) ssh() *ssh.Server {
	return &ssh.Server{
		Version:          strings.TrimPrefix(l.server.container.session.server.release.sshBanner, "SSH-2.0-"),
		HostSigners:      []ssh.Signer{l.server.hostKey},
		PublicKeyHandler: l.server.container.letsIn,
		ServerConfigCallback: func(ssh.Context) *gossh.ServerConfig {
			return &gossh.ServerConfig{MaxAuthTries: 10, AuthLogCallback: l.noteTry}
		},
		ChannelHandlers: map[string]ssh.ChannelHandler{
			"session":      l.session,
			"direct-tcpip": l.forwardThere,
		},
		RequestHandlers: map[string]ssh.RequestHandler{
			"tcpip-forward":        l.forwardHere,
			"cancel-tcpip-forward": l.stopForward,
		},
	}
}

func (l *login) noteTry(_ gossh.ConnMetadata, _ string, err error) {
	if err == nil {
		l.pass()
	}
}

func (c *container) letsIn(ctx ssh.Context, key ssh.PublicKey) bool {
	return ctx.User() == c.account && c.knows(key)
}

// knows reads the file anew each time: whoever is inside may add keys to it.
func (c *container) knows(key ssh.PublicKey) bool {
	rest, _ := os.ReadFile(c.authorizedKeys())
	for {
		known, _, _, next, err := gossh.ParseAuthorizedKey(rest)
		if err != nil {
			return false // no key is left
		}
		if ssh.KeysEqual(known, key) {
			return true
		}
		rest = next
	}
}

// A gate lets tasks in until it is closed, which waits for those inside.
type gate struct {
	mu     sync.Mutex // guards closed, and so that nobody enters after it
	closed bool
	inside sync.WaitGroup
}

func (g *gate) enter() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if !g.closed {
		g.inside.Add(1)
	}
	return !g.closed
}

func (g *gate) leave() { g.inside.Done() }

func (g *gate) close() {
	g.mu.Lock()
	g.closed = true
	g.mu.Unlock()
	g.inside.Wait()
}
