package backendaitest

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"
)

// patience is for slow machines; nothing takes so long.
const patience = 30 * time.Second

// sessionFor starts a server with a session, until the test ends.
func sessionFor(t *testing.T, spec SessionSpec) *Session {
	t.Helper()
	if program, ok := programs[spec.SSH]; ok {
		needProgram(t, program)
	}
	if spec.SSH == Dropbear && !canReplacePasswd() {
		t.Skip("this machine does not let us show dropbear other keys than the user's")
	}
	server, err := Start(Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Close(); err != nil {
			t.Error(err)
		}
	})
	session, err := server.CreateSession(spec)
	if err != nil {
		t.Fatal(err)
	}
	return session
}

// programs are the machine's servers.
var programs = map[SSHServer]string{Dropbear: "dropbear", OpenSSH: "sshd"}

func needProgram(t *testing.T, name string) {
	t.Helper()
	if _, err := findProgram(name); err != nil {
		t.Skipf("no %s on this machine; .ci/test-deps installs it", name)
	}
}

// onEveryServer shows that ours does as the real ones do.
func onEveryServer(t *testing.T, test func(*testing.T, *sshClient)) {
	for _, kind := range []SSHServer{InProcess, Dropbear, OpenSSH} {
		t.Run(string(kind), func(t *testing.T) {
			test(t, newSSHClient(t, sessionFor(t, SessionSpec{SSH: kind})))
		})
	}
}

// A sshClient is OpenSSH's programs with the session's key.
type sshClient struct {
	t       *testing.T
	session *Session
	folder  string
}

func newSSHClient(t *testing.T, session *Session) *sshClient {
	t.Helper()
	needProgram(t, "ssh")
	c := &sshClient{t: t, session: session, folder: t.TempDir()}
	c.write("key", session.key.pkcs1())
	return c
}

func (c *sshClient) write(name string, text []byte) (path string) {
	c.t.Helper()
	path = filepath.Join(c.folder, name)
	if err := os.WriteFile(path, text, 0o600); err != nil {
		c.t.Fatal(err)
	}
	return path
}

// addressOf is where the session's ssh server listens at present.
func addressOf(t *testing.T, session *Session) string {
	t.Helper()
	if container := session.present(); container != nil {
		if server := container.server(); server != nil {
			return server.address()
		}
	}
	t.Fatal("the session has no ssh server")
	return ""
}

// command is "ssh", "scp" or "sftp".
func (c *sshClient) command(program string, args ...string) *exec.Cmd {
	c.t.Helper()
	_, port, _ := net.SplitHostPort(addressOf(c.t, c.session))
	known := c.write("known_hosts", []byte("[127.0.0.1]:"+port+" "+c.session.HostKey()+"\n"))
	all := []string{
		"-F", "none", "-o", "Port=" + port, "-i", filepath.Join(c.folder, "key"), "-o", "IdentitiesOnly=yes", "-o", "BatchMode=yes",
		"-o", "UserKnownHostsFile=" + known, "-o", "GlobalKnownHostsFile=none", "-o", "StrictHostKeyChecking=yes",
		"-o", "LogLevel=ERROR",
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	c.t.Cleanup(cancel)
	return exec.CommandContext(ctx, program, append(all, args...)...)
}

func (c *sshClient) host() string { return c.session.Account() + "@127.0.0.1" }

// ssh runs a command in the container.
func (c *sshClient) ssh(args ...string) (stdout, stderr string, code int) {
	c.t.Helper()
	return c.run(nil, c.command("ssh", append([]string{c.host()}, args...)...))
}

func (c *sshClient) run(stdin io.Reader, cmd *exec.Cmd) (stdout, stderr string, code int) {
	c.t.Helper()
	var out, err bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = stdin, &out, &err
	var exit *exec.ExitError
	if failure := cmd.Run(); failure != nil && !errors.As(failure, &exit) {
		c.t.Fatal(failure)
	}
	return out.String(), err.String(), cmd.ProcessState.ExitCode()
}

// logIn is a client in Go, which every system has.
func logIn(t *testing.T, session *Session, account string, key ssh.Signer) (*ssh.Client, error) {
	t.Helper()
	host, _, _, _, err := ssh.ParseAuthorizedKey([]byte(session.HostKey()))
	if err != nil {
		t.Fatal(err)
	}
	client, err := ssh.Dial("tcp", addressOf(t, session), &ssh.ClientConfig{
		User: account, Auth: []ssh.AuthMethod{ssh.PublicKeys(key)}, HostKeyCallback: ssh.FixedHostKey(host), Timeout: patience,
	})
	if err == nil {
		t.Cleanup(func() { client.Close() })
	}
	return client, err
}

// eventually waits for a condition that the server may bring about.
func eventually(t *testing.T, session *Session, what string, condition func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if session.server.Wait(ctx, condition) != nil {
		t.Fatalf("%s did not come", what)
	}
}
