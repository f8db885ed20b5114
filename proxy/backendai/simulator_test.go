package backendai_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"

	"baissh/proxy/backendai"
	"baissh/proxy/backendai/backendaitest"
)

func start(t *testing.T, options backendaitest.Options) *backendaitest.Server {
	t.Helper()
	server, err := backendaitest.Start(options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Close(); err != nil {
			t.Error(err)
		}
	})
	return server
}

func create(t *testing.T, server *backendaitest.Server, spec backendaitest.SessionSpec) *backendaitest.Session {
	t.Helper()
	session, err := server.CreateSession(spec)
	if err != nil {
		t.Fatal(err)
	}
	return session
}

func clientOf(t *testing.T, server *backendaitest.Server, trust backendai.Trust) *backendai.Client {
	t.Helper()
	access, secret := server.KeyPair()
	c, err := backendai.New(backendai.Config{
		Endpoint: server.URL(), Keys: backendai.KeyPair{AccessKey: access, SecretKey: secret}, Trust: trust,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// signIn signs in to the web server.
func signIn(t *testing.T, server *backendaitest.Server) *backendai.Client {
	t.Helper()
	user, password := server.Password()
	login, err := webClient(t, server, backendai.WebLogin{}).LogIn(t.Context(), backendai.Password{User: user, Password: password})
	if err != nil {
		t.Fatal(err)
	}
	return webClient(t, server, login)
}

func webClient(t *testing.T, server *backendaitest.Server, login backendai.WebLogin) *backendai.Client {
	t.Helper()
	c, err := backendai.New(backendai.Config{Endpoint: server.WebURL(), Login: &login, Trust: backendai.Trust{CAFile: server.CAFile()}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// webReleases are those whose web servers differ most.
var webReleases = []string{"22.03", "23.09.11", "24.09", "26.9"}

// eachRelease runs a test against every release that the simulator plays, and
// against the web servers of some.
func eachRelease(t *testing.T, test func(t *testing.T, server *backendaitest.Server, c *backendai.Client)) {
	eachManager(t, test)
	eachWebServer(t, test)
}

func eachWebServer(t *testing.T, test func(t *testing.T, server *backendaitest.Server, c *backendai.Client)) {
	for _, release := range webReleases {
		t.Run(release+" web", func(t *testing.T) {
			server := start(t, backendaitest.Options{Release: release})
			test(t, server, signIn(t, server))
		})
	}
}

func eachManager(t *testing.T, test func(t *testing.T, server *backendaitest.Server, c *backendai.Client)) {
	for _, release := range backendaitest.Releases() {
		t.Run(release, func(t *testing.T) {
			server := start(t, backendaitest.Options{Release: release})
			test(t, server, clientOf(t, server, backendai.Trust{}))
		})
	}
}

func TestSignInAndList(t *testing.T) {
	eachRelease(t, func(t *testing.T, server *backendaitest.Server, c *backendai.Client) {
		want := create(t, server, backendaitest.SessionSpec{Name: "train-01"})
		access, _ := server.AddUser(backendaitest.User{})
		create(t, server, backendaitest.SessionSpec{Name: "not-mine", AccessKey: access})
		hello, err := c.Hello(t.Context())
		if err != nil || hello.Release == "" {
			t.Fatalf("hello: %+v, %v", hello, err)
		}
		if err := c.CheckAccess(t.Context()); err != nil {
			t.Fatal(err)
		}
		sessions, err := c.Sessions(t.Context())
		if err != nil || len(sessions) != 1 {
			t.Fatalf("sessions: %v, %v, want one", sessions, err)
		}
		s := sessions[0]
		if s.ID != want.ID() || s.Name != "train-01" || !s.Running() || !s.Interactive() || !s.HasSSH ||
			s.ContainerID != want.ContainerID() || s.StartedAt.IsZero() || s.CreatedAt.IsZero() {
			t.Errorf("got %+v", s)
		}
	})
}

func TestListIsReadToItsEnd(t *testing.T) {
	server := start(t, backendaitest.Options{})
	for range 120 {
		create(t, server, backendaitest.SessionSpec{Status: "PENDING"})
	}
	sessions, err := clientOf(t, server, backendai.Trust{}).Sessions(t.Context())
	if err != nil || len(sessions) != 120 {
		t.Errorf("%d sessions, %v, want 120", len(sessions), err)
	}
}

func TestLookUp(t *testing.T) {
	eachRelease(t, func(t *testing.T, server *backendaitest.Server, c *backendai.Client) {
		session := create(t, server, backendaitest.SessionSpec{Name: "train-01"})
		if status, err := c.Lookup(t.Context(), session.ID()); status != "RUNNING" || err != nil {
			t.Errorf("a running session: %q, %v", status, err)
		}
		session.End()
		create(t, server, backendaitest.SessionSpec{Name: "train-01"}) // no namesake stands in
		for what, id := range map[string]string{"ended": session.ID(), "nobody's": "1f7a6d2e-3b0c-4b4e-9d51-0a5f2c9e8b77"} {
			status, err := c.Lookup(t.Context(), id)
			if backendai.KindOf(err) != backendai.Gone || err == nil {
				t.Errorf("%s: %q, %v, want gone", what, status, err)
			}
		}
	})
}

func TestKeyLogsIn(t *testing.T) {
	eachRelease(t, func(t *testing.T, server *backendaitest.Server, c *backendai.Client) {
		for _, form := range []backendaitest.KeyForm{backendaitest.KeyPEM, backendaitest.KeyOpenSSH, backendaitest.KeyTar} {
			session := create(t, server, backendaitest.SessionSpec{Key: form})
			key, err := c.DownloadKey(t.Context(), session.ID())
			if err != nil {
				t.Fatalf("%s: %v", form, err)
			}
			logIn(t, c, session, key)
		}
		session := create(t, server, backendaitest.SessionSpec{Key: backendaitest.KeyMissing})
		if _, err := c.DownloadKey(t.Context(), session.ID()); !errors.Is(err, backendai.ErrNoKeyFile) {
			t.Errorf("a missing key file: %v", err)
		}
	})
}

// logIn runs a command in the session, through the tunnel.
func logIn(t *testing.T, c *backendai.Client, session *backendaitest.Session, key []byte) {
	t.Helper()
	conn, err := c.Dial(t.Context(), session.ID())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	signer, err := ssh.ParsePrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	hostKey, _, _, _, err := ssh.ParseAuthorizedKey([]byte(session.HostKey()))
	if err != nil {
		t.Fatal(err)
	}
	through, channels, requests, err := ssh.NewClientConn(conn, "", &ssh.ClientConfig{
		User: session.Account(), Auth: []ssh.AuthMethod{ssh.PublicKeys(signer)}, HostKeyCallback: ssh.FixedHostKey(hostKey),
	})
	if err != nil {
		t.Fatal(err)
	}
	client := ssh.NewClient(through, channels, requests)
	defer client.Close()
	shell, err := client.NewSession()
	if err != nil {
		t.Fatal(err)
	}
	if out, err := shell.Output("echo here"); err != nil || strings.TrimSpace(string(out)) != "here" {
		t.Errorf("got %q, %v", out, err)
	}
}

// Each life is told by at least one event, whatever the release calls it.
func TestEventsTellOfEveryChange(t *testing.T) {
	eachRelease(t, func(t *testing.T, server *backendaitest.Server, c *backendai.Client) {
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
		defer cancel()
		opened, events := make(chan struct{}), make(chan backendai.Event, 100)
		ended := make(chan error, 1)
		go func() {
			ended <- c.Events(ctx, func() { close(opened) }, func(ev backendai.Event) { events <- ev })
		}()
		<-opened
		access, _ := server.AddUser(backendaitest.User{})
		create(t, server, backendaitest.SessionSpec{AccessKey: access}) // none of ours
		session := create(t, server, backendaitest.SessionSpec{Name: "train-01"})
		wantEvent(t, ctx, events, session, "session_started", "kernel_started")
		session.End()
		wantEvent(t, ctx, events, session, "session_terminated")
		server.Down()
		if err := <-ended; err == nil || backendai.KindOf(err) != backendai.Retry {
			t.Errorf("the stream ended with %v", err)
		}
	})
}

func wantEvent(t *testing.T, ctx context.Context, events <-chan backendai.Event, session *backendaitest.Session, names ...string) {
	t.Helper()
	for {
		select {
		case ev := <-events:
			if ev.SessionID != session.ID() {
				t.Fatalf("an event of another session: %+v", ev)
			}
			for _, name := range names {
				if ev.Name == name {
					return
				}
			}
		case <-ctx.Done():
			t.Fatalf("none of %v came", names)
		}
	}
}

// Every way in which a tunnel ends is an end, and 1013 is a refusal.
// A web server passes no end on, see TestATunnelThatNobodyEnds.
func TestEndsOfATunnel(t *testing.T) {
	eachManager(t, func(t *testing.T, server *backendaitest.Server, c *backendai.Client) {
		session := create(t, server, backendaitest.SessionSpec{})
		ends := map[backendaitest.FaultKind]bool{
			backendaitest.GoingAway: false, backendaitest.DropTunnel: false, backendaitest.ResetTunnel: false, backendaitest.RefuseSSH: true,
		}
		for kind, refused := range ends {
			undo := server.Inject(backendaitest.Fault{At: backendaitest.Tunnel, Kind: kind})
			err := readToEnd(t, c, session)
			if got := err != nil && backendai.KindOf(err) == backendai.Refused; got != refused || err != nil && !refused {
				t.Errorf("%s: %v", kind, err)
			}
			undo()
		}
		server.Down()
		if _, err := c.Dial(t.Context(), session.ID()); backendai.KindOf(err) != backendai.Retry || err == nil {
			t.Errorf("a manager that is down: %v", err)
		}
	})
}

func readToEnd(t *testing.T, c *backendai.Client, session *backendaitest.Session) error {
	t.Helper()
	conn, err := c.Dial(t.Context(), session.ID())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_, err = io.Copy(io.Discard, conn)
	return err
}

// A session that has ended, or is not up yet, is refused before the 101; but from
// 26.4 on its UUID leads into the next session of the name, which is why nobody
// may dial a session that the newest list does not say is running.
func TestTunnelToASessionThatDoesNotRun(t *testing.T) {
	eachRelease(t, func(t *testing.T, server *backendaitest.Server, c *backendai.Client) {
		session := create(t, server, backendaitest.SessionSpec{Name: "train-01"})
		session.End()
		if _, err := c.Dial(t.Context(), session.ID()); backendai.KindOf(err) != backendai.Gone || err == nil {
			t.Errorf("ended: %v, want gone", err)
		}
		pending := create(t, server, backendaitest.SessionSpec{Name: "train-02", Status: "PENDING"})
		if conn, err := c.Dial(t.Context(), pending.ID()); err == nil {
			conn.Close()
			t.Error("a tunnel into a session that is pending")
		}
	})
}

func TestCompressionIsNotOffered(t *testing.T) {
	offered := make(chan string, 1)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		offered <- r.Header.Get("Sec-WebSocket-Extensions") + r.Header.Get("Sec-WebSocket-Protocol")
		http.Error(w, "", http.StatusBadGateway)
	}))
	defer server.Close()
	c, err := backendai.New(backendai.Config{Endpoint: server.URL, Keys: backendai.KeyPair{AccessKey: "A", SecretKey: "S"}})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	c.Dial(t.Context(), "1f7a6d2e-3b0c-4b4e-9d51-0a5f2c9e8b77")
	if got := <-offered; got != "" {
		t.Errorf("offered %q", got)
	}
}

func TestClockThatIsWrong(t *testing.T) {
	for _, skew := range []time.Duration{-20 * time.Minute, 20 * time.Minute, 24 * time.Hour} {
		server := start(t, backendaitest.Options{ClockSkew: skew})
		session := create(t, server, backendaitest.SessionSpec{})
		c := clientOf(t, server, backendai.Trust{})
		if _, err := c.Sessions(t.Context()); err != nil {
			t.Errorf("skew %s: %v", skew, err)
		}
		conn, err := clientOf(t, server, backendai.Trust{}).Dial(t.Context(), session.ID()) // the first call of all
		if err != nil {
			t.Errorf("skew %s: a tunnel: %v", skew, err)
			continue
		}
		conn.Close()
	}
}

func TestTrust(t *testing.T) {
	server := start(t, backendaitest.Options{TLS: true})
	session := create(t, server, backendaitest.SessionSpec{})
	other := start(t, backendaitest.Options{TLS: true})
	pin := "sha256//" + strings.Repeat("A", 43) + "="
	tests := map[string]struct {
		trust backendai.Trust
		good  bool
	}{
		"nobody vouches":            {backendai.Trust{}, false},
		"another authority":         {backendai.Trust{CAFile: other.CAFile()}, false},
		"its authority":             {backendai.Trust{CAFile: server.CAFile()}, true},
		"its authority, not pinned": {backendai.Trust{CAFile: server.CAFile(), ServerKey: pin}, false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			c := clientOf(t, server, tt.trust)
			if _, err := c.Hello(t.Context()); (err == nil) != tt.good {
				t.Errorf("hello: %v", err)
			}
			conn, err := c.Dial(t.Context(), session.ID())
			if err == nil {
				conn.Close()
			}
			if (err == nil) != tt.good {
				t.Errorf("tunnel: %v", err)
			}
		})
	}
	empty := t.TempDir() + "/empty.pem"
	if err := os.WriteFile(empty, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, trust := range []backendai.Trust{{CAFile: empty}, {CAFile: empty + ".not"}, {ServerKey: "sha256//short"}} {
		if _, err := backendai.New(backendai.Config{Endpoint: server.URL(), Trust: trust}); err == nil {
			t.Errorf("%+v was accepted", trust)
		}
	}
}

// A manager below a path, behind a gateway: what is signed is what is sent.
func TestEndpointWithAPath(t *testing.T) {
	server := start(t, backendaitest.Options{})
	target, err := url.Parse(server.URL())
	if err != nil {
		t.Fatal(err)
	}
	access, secret := server.KeyPair()
	proxied := httptest.NewServer(&httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(target); r.Out.Host = r.In.Host }})
	defer proxied.Close()
	c, err := backendai.New(backendai.Config{Endpoint: proxied.URL + "/", Keys: backendai.KeyPair{AccessKey: access, SecretKey: secret}})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := c.Sessions(t.Context()); err != nil {
		t.Error(err)
	}
}

// Through a proxy, TLS and WebSocket and all.
func TestHTTPSProxy(t *testing.T) {
	server := start(t, backendaitest.Options{TLS: true})
	session := create(t, server, backendaitest.SessionSpec{})
	asked := make(chan string, 10)
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked <- r.Method + " " + r.Host
		connectThrough(w, r)
	}))
	defer proxy.Close()
	viaProxy := backendai.Trust{CAFile: server.CAFile()}
	c := clientOf(t, server, viaProxy)
	through, err := url.Parse(proxy.URL)
	if err != nil {
		t.Fatal(err)
	}
	backendai.UseProxy(c, through)
	conn, err := c.Dial(t.Context(), session.ID())
	if err != nil {
		t.Fatal(err)
	}
	conn.Close()
	if got := <-asked; !strings.HasPrefix(got, "CONNECT 127.0.0.1:") {
		t.Errorf("the proxy was asked for %q", got)
	}
}

// connectThrough is what a proxy does with CONNECT.
func connectThrough(w http.ResponseWriter, r *http.Request) {
	far, err := net.Dial("tcp", r.Host)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	defer far.Close()
	near, buffered, err := w.(http.Hijacker).Hijack()
	if err != nil {
		return
	}
	defer near.Close()
	io.WriteString(near, "HTTP/1.1 200 OK\r\n\r\n")
	done := make(chan struct{})
	go func() { defer close(done); io.Copy(far, buffered); far.Close() }()
	io.Copy(near, far)
	near.Close()
	<-done
}
