package proxy

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"sync"
	"time"

	"golang.org/x/crypto/ssh"

	"baissh/proxy/backendai"
	"baissh/proxy/state"
)

// An identity is what one incarnation is known by. It is fetched once.
type identity struct {
	Incarnation state.Incarnation `json:"incarnation"`
	HostKey     string            `json:"host_key"`           // authorized_keys form, no comment
	Greeting    string            `json:"greeting,omitempty"` // the server's identification line
	HasKey      bool              `json:"has_key"`            // the session had a key file

	// What the server was asked about, and that it does not take them.
	Account      string `json:"account"`
	IdentityFile string `json:"identity_file,omitempty"` // "" is the session's own
	Refused      bool   `json:"refused,omitempty"`

	Mismatch bool `json:"mismatch,omitempty"` // the server showed another host key since

	key []byte // the key file, on its way to the disk
}

// probeLimit bounds a probe. It is closed soon, because the ssh servers of
// sessions take only five connections that have not logged in.
const probeLimit = 5 * time.Second

// fetchIdentity gets a session's key file and reads its host key through the
// authenticated tunnel, which proves it as well as the manager can.
func fetchIdentity(ctx context.Context, c *backendai.Client, w wish) (*identity, error) {
	id, err := identity{Incarnation: w.session.Incarnation()}.withKey(ctx, c)
	if err == nil {
		err = id.meet(ctx, c, w)
	}
	if err != nil || id.HasKey {
		return id, err
	}
	// A container that makes its own key has made it by the time that sshd answers.
	if id, err = id.withKey(ctx, c); err == nil && id.HasKey {
		err = id.meet(ctx, c, w)
	}
	return id, err
}

// meet probes the ssh server with the account and key that the wish has for it.
func (id *identity) meet(ctx context.Context, c *backendai.Client, w wish) error {
	id.Account, id.IdentityFile = w.override.Account, w.identityFile(id.HasKey)
	key := id.key
	if id.IdentityFile != "" {
		key, _ = os.ReadFile(id.IdentityFile) // one that cannot be read is not tried; ssh will say so
	}
	return id.probe(ctx, func(ctx context.Context) (net.Conn, error) { return c.Dial(ctx, w.session.ID) }, key)
}

// doubted reports whether the wish's container has shown another host key than
// the pinned one.
func (id *identity) doubted(w wish) bool {
	return id != nil && id.Mismatch && sameIncarnation(id.Incarnation, w.session.Incarnation())
}

// fits reports whether the identity is that of the wish as it is now: its
// container, and the account and key that the user wants.
func (id *identity) fits(w wish) bool {
	return id != nil && sameIncarnation(id.Incarnation, w.session.Incarnation()) &&
		id.Account == w.override.Account && id.IdentityFile == w.identityFile(id.HasKey)
}

// withKey returns a copy that brings the key file along, if there is one.
func (id identity) withKey(ctx context.Context, c *backendai.Client) (*identity, error) {
	key, err := c.DownloadKey(ctx, id.Incarnation.SessionID)
	id.key, id.HasKey = key, err == nil
	if errors.Is(err, backendai.ErrNoKeyFile) {
		err = nil
	}
	return &id, err
}

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
