package proxy

import (
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"sync"
	"time"

	"golang.org/x/crypto/ssh"

	"baissh/proxy/backendai"
)

// probeLimit bounds a probe. It is closed soon, because the ssh servers of
// sessions take only five connections that have not logged in.
const probeLimit = 5 * time.Second

// probe reads the host key, and asks whether this account and key would do,
// without logging in: the server answers that before it wants a signature.
func (id *identity) probe(ctx context.Context, dial func(context.Context) (net.Conn, error), key []byte) error {
	ctx, cancel := context.WithTimeout(ctx, probeLimit)
	defer cancel()
	conn, err := dial(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	heard := &greetingConn{Conn: conn}
	asked := &askingSigner{}
	conf := &ssh.ClientConfig{
		User: id.Account,
		HostKeyCallback: func(_ string, _ net.Addr, key ssh.PublicKey) error {
			id.HostKey = strings.TrimSpace(string(ssh.MarshalAuthorizedKey(key)))
			return nil
		},
	}
	if signer, err := ssh.ParsePrivateKey(key); err == nil {
		asked.Signer = signer
		conf.Auth = []ssh.AuthMethod{ssh.PublicKeys(asked)}
	}
	_, _, _, err = ssh.NewClientConn(heard, "", conf)
	if id.HostKey == "" {
		return probeError(ctx, heard, err)
	}
	id.Greeting = heard.greeting()
	id.Refused = asked.Signer != nil && !asked.accepted && refusesLogin(err)
	return nil
}

// refusesLogin reports whether a handshake went as far as the server's refusal,
// for which package ssh has no value but words.
func refusesLogin(err error) bool {
	return err != nil && strings.Contains(err.Error(), "unable to authenticate")
}

// probeError finds the transport's reason behind the handshake's.
func probeError(ctx context.Context, heard *greetingConn, err error) error {
	switch {
	case backendai.NoSSHServer(heard.why()):
		return heard.why()
	case ctx.Err() != nil:
		return errProbeSilent
	case heard.silent():
		return errProbeBusy
	}
	return err
}

// What a probe meets besides errors of the manager.
var (
	errProbeSilent = errors.New("the ssh server did not answer in time")
	errProbeBusy   = errors.New("the ssh server hung up before a greeting")
)

// errWouldSign ends a probe that was successful.
var errWouldSign = errors.New("the key would do")

// An askingSigner offers a public key and gives no signature. That it is asked
// for one at all means that the server would accept the key.
type askingSigner struct {
	ssh.Signer
	accepted bool
}

func (a *askingSigner) Sign(rand io.Reader, data []byte) (*ssh.Signature, error) {
	a.accepted = true
	return nil, errWouldSign
}

func (a *askingSigner) SignWithAlgorithm(rand io.Reader, data []byte, algorithm string) (*ssh.Signature, error) {
	return a.Sign(rand, data)
}

// Algorithms keeps RSA keys from being offered with SHA-1 alone.
func (a *askingSigner) Algorithms() []string {
	if a.PublicKey().Type() == ssh.KeyAlgoRSA {
		return []string{ssh.KeyAlgoRSASHA256, ssh.KeyAlgoRSASHA512, ssh.KeyAlgoRSA}
	}
	return []string{a.PublicKey().Type()}
}

// A greetingConn remembers the first line that is read, and why reading ended.
type greetingConn struct {
	net.Conn

	mu   sync.Mutex // guards what follows
	said []byte
	err  error
}

const maxGreeting = 255 // RFC 4253, 4.2

func (g *greetingConn) Read(p []byte) (int, error) {
	n, err := g.Conn.Read(p)
	g.mu.Lock()
	defer g.mu.Unlock()
	if room := maxGreeting - len(g.said); room > 0 {
		g.said = append(g.said, p[:min(n, room)]...)
	}
	if err != nil {
		g.err = err
	}
	return n, err
}

func (g *greetingConn) why() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.err
}

func (g *greetingConn) silent() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return len(g.said) == 0
}

func (g *greetingConn) greeting() string {
	g.mu.Lock()
	defer g.mu.Unlock()
	line, _, found := strings.Cut(string(g.said), "\n")
	if !found {
		return ""
	}
	return strings.TrimRight(line, "\r")
}
