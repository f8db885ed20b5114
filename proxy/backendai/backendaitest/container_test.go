package backendaitest

import (
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/pkg/sftp"
	"go.uber.org/goleak"
	"golang.org/x/crypto/ssh"
)

func TestOnlyTheAccountAndItsKeysLogIn(t *testing.T) {
	stranger, friend := makeKey(t), makeKey(t)
	session := sessionFor(t, SessionSpec{AuthorizedKey: friend.authorized + " a friend"})
	cases := map[string]struct {
		account string
		key     *sshKey
		in      bool
	}{
		"the session's key": {"work", session.key, true},
		"one more key":      {"work", friend, true},
		"another key":       {"work", stranger, false},
		"another account":   {"root", session.key, false},
	}
	for name, c := range cases {
		if _, err := logIn(t, session, c.account, c.key.signer); (err == nil) != c.in {
			t.Errorf("%s: got %v, want in: %t", name, err, c.in)
		}
	}
}

func TestWithoutAKeyFileItsKeyDoesNotLogIn(t *testing.T) {
	own := makeKey(t)
	session := sessionFor(t, SessionSpec{Key: KeyMissing, AuthorizedKey: own.authorized})
	if _, err := logIn(t, session, "work", session.key.signer); err == nil {
		t.Error("the session's key logs in, want refusal")
	}
	if _, err := logIn(t, session, "work", own.signer); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(filepath.Join(session.Folder(), "id_container")); err == nil {
		t.Error("there is an id_container")
	}
}

func makeKey(t *testing.T) *sshKey {
	t.Helper()
	key, err := spareKey()
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func TestTheReleasesBannerComesFirst(t *testing.T) {
	session := sessionFor(t, SessionSpec{})
	if got, want := banner(t, dialSSH(t, session)), session.server.release.sshBanner+"\r\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestTheSixthBeforeLoginIsHungUpOn(t *testing.T) {
	session := sessionFor(t, SessionSpec{})
	if _, err := logIn(t, session, "work", session.key.signer); err != nil { // which does not count
		t.Fatal(err)
	}
	var waiting []net.Conn
	for range maxBeforeLogin {
		conn := dialSSH(t, session)
		if banner(t, conn) == "" {
			t.Fatalf("connection %d is hung up on", len(waiting)+1)
		}
		waiting = append(waiting, conn)
	}
	if got := banner(t, dialSSH(t, session)); got != "" {
		t.Errorf("the sixth got %q, want nothing", got)
	}
	if got, want := session.Connections(), (Connections{Total: 7, Open: 6, BeforeLogin: 5, MostBefore: 5, HungUpOn: 1}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	waiting[0].Close()
	eventually(t, session, "room", func() bool { return session.Connections().BeforeLogin < maxBeforeLogin })
	if banner(t, dialSSH(t, session)) == "" {
		t.Error("there is room again, but not for the next")
	}
}

func dialSSH(t *testing.T, session *Session) net.Conn {
	t.Helper()
	conn, err := session.container.dial(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}

// banner is the first line, or nothing where the connection ends.
func banner(t *testing.T, conn net.Conn) string {
	t.Helper()
	line := make([]byte, len("SSH-2.0-dropbear_2020.81\r\n"))
	n, err := io.ReadFull(conn, line)
	if err != nil && !errors.Is(err, io.EOF) {
		t.Fatal(err)
	}
	return string(line[:n])
}

func TestKeepaliveIsAnswered(t *testing.T) {
	session := sessionFor(t, SessionSpec{})
	client, err := logIn(t, session, "work", session.key.signer)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := client.SendRequest("keepalive@openssh.com", true, nil); err != nil {
		t.Error(err)
	}
}

func TestStoppedSSHRefusesUntilItStartsAgain(t *testing.T) {
	for _, kind := range []SSHServer{InProcess, Dropbear, OpenSSH} {
		t.Run(string(kind), func(t *testing.T) {
			session := sessionFor(t, SessionSpec{SSH: kind})
			container, key := session.ContainerID(), session.HostKey()
			session.StopSSH()
			if _, err := session.container.dial(t.Context()); !errors.Is(err, syscall.ECONNREFUSED) {
				t.Errorf("dial: got %v, want a refusal", err)
			}
			if err := session.StartSSH(); err != nil {
				t.Fatal(err)
			}
			if _, err := logIn(t, session, session.Account(), session.key.signer); err != nil {
				t.Error(err)
			}
			if session.ContainerID() != container || session.HostKey() != key {
				t.Error("the container or its host key is another one")
			}
		})
	}
}

func TestNoServerRefuses(t *testing.T) {
	session := sessionFor(t, SessionSpec{SSH: NoServer})
	if _, err := session.container.dial(t.Context()); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("dial: got %v, want a refusal", err)
	}
}

func TestUnknownServerIsAnError(t *testing.T) {
	session := sessionFor(t, SessionSpec{Status: "PENDING", SSH: "telnet"})
	if err := session.Run(); err == nil || !strings.Contains(err.Error(), `"telnet"`) {
		t.Errorf("got %v, want an error that names it", err)
	}
}

func TestRestartKeepsFiles(t *testing.T) {
	session := sessionFor(t, SessionSpec{})
	file := filepath.Join(session.Folder(), "notes")
	if err := errors.Join(os.WriteFile(file, nil, 0o600), session.Restart()); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(file); err != nil {
		t.Error(err)
	}
}

func TestConnectionsOfPrograms(t *testing.T) {
	session := sessionFor(t, SessionSpec{SSH: Dropbear})
	conn := dialSSH(t, session)
	if got, want := session.Connections(), (Connections{Total: 1, Open: 1}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	conn.Close()
	session.End()
	if got, want := session.Connections(), (Connections{Total: 1}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

// TestNothingIsLeft lets a session end amidst all that can be going on.
func TestNothingIsLeft(t *testing.T) {
	before := goleak.IgnoreCurrent()
	session := sessionFor(t, SessionSpec{})
	client, err := logIn(t, session, "work", session.key.signer)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := sftp.NewClient(client); err != nil {
		t.Fatal(err)
	}
	listener, err := client.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := client.Dial("tcp", listener.Addr().String()); err != nil {
		t.Fatal(err)
	}
	command, err := client.NewSession()
	if err == nil && hasTerminals {
		err = command.RequestPty("xterm", 24, 80, ssh.TerminalModes{})
	}
	if err := errors.Join(err, command.Shell()); err != nil {
		t.Fatal(err)
	}
	dialSSH(t, session)
	if err := session.server.Close(); err != nil {
		t.Error(err)
	}
	if client.Wait() == nil {
		t.Error("the client was not hung up on")
	}
	goleak.VerifyNone(t, before)
}
