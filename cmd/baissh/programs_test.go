package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"baissh/proxy/backendai/backendaitest"
)

var demoSpec = backendaitest.SessionSpec{Name: "demo"}

// servers are the ssh servers that a session may have, and the program of each.
var servers = map[backendaitest.SSHServer]string{
	backendaitest.InProcess: "ssh", backendaitest.Dropbear: "dropbear", backendaitest.OpenSSH: "sshd",
}

func TestLoginAsksNothing(t *testing.T) {
	for server, program := range servers {
		t.Run(string(server), func(t *testing.T) {
			need(t, "ssh", program)
			w := newWorld(t, backendaitest.Options{SSH: server}, demoSpec)
			w.ready("bai-demo")
			if got := strings.TrimSpace(w.good(w.ssh("bai-demo", "id -un"))); got != me(t) {
				t.Errorf("id -un printed %q, want %q", got, me(t))
			}
			r := w.ssh("bai-demo", "echo out; echo err >&2; exit 7")
			if r.out != "out\n" || r.complaint != "err\n" || fmt.Sprint(r.err) != "exit status 7" {
				t.Errorf("got %q, %q, %v, want both outputs and exit status 7", r.out, r.complaint, r.err)
			}
		})
	}
}

// What the user has for all hosts, and an agent full of other keys, change nothing.
func TestHostileConfigAndFullAgent(t *testing.T) {
	need(t, "ssh", "ssh-agent", "ssh-add", "ssh-keygen")
	w := newQuietWorld(t, backendaitest.Options{}, demoSpec)
	hostile := "Host *\n    User nobody\n    Port 1\n    IdentityFile ~/.ssh/nothing\n    PubkeyAuthentication no\n" +
		"    PreferredAuthentications password\n    ProxyJump elsewhere\n    StrictHostKeyChecking no\n" +
		"    UserKnownHostsFile /dev/null\n    ControlMaster auto\n    ControlPath /tmp/%C\n    HostKeyAlgorithms ssh-ed25519\n" +
		"    ForwardAgent yes\n    AddressFamily inet6\n    ConnectTimeout 1\n"
	if err := os.MkdirAll(w.home.SSH(), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(w.config(), []byte(hostile), 0o600); err != nil {
		t.Fatal(err)
	}
	w.start()
	w.ready("bai-demo")
	if got := w.text(".ssh", "config"); !strings.HasSuffix(got, hostile) || got == hostile {
		t.Errorf("the user's config is not what it was behind our line:\n%s", got)
	}
	socket := w.agentWith(7)
	cmd := exec.Command("ssh", "-F", w.config(), "-o", "BatchMode=yes", "bai-demo", "id -un")
	cmd.Env = append(w.environment(), "SSH_AUTH_SOCK="+socket)
	out, err := cmd.CombinedOutput()
	if err != nil || strings.TrimSpace(string(out)) != me(t) {
		t.Errorf("got %q, %v", out, err)
	}
}

// agentWith starts an agent with n keys of nobody's, for as long as the test runs.
func (w *world) agentWith(n int) (socket string) {
	w.Helper()
	socket = filepath.Join(w.home.Dir, "agent")
	agent := exec.Command("ssh-agent", "-D", "-a", socket)
	if err := agent.Start(); err != nil {
		w.Fatal(err)
	}
	w.Cleanup(func() { agent.Process.Kill(); agent.Wait() })
	w.eventually("the agent listens", func() bool { _, err := os.Stat(socket); return err == nil })
	for i := range n {
		key := filepath.Join(w.home.Dir, fmt.Sprint("other", i))
		w.good(w.program(nil, "ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key))
		add := exec.Command("ssh-add", "-q", key)
		add.Env = append(w.environment(), "SSH_AUTH_SOCK="+socket)
		if out, err := add.CombinedOutput(); err != nil {
			w.Fatalf("%v: %s", err, out)
		}
	}
	return socket
}

func (w *world) eventually(what string, is func() bool) {
	w.Helper()
	ctx, cancel := context.WithTimeout(w.Context(), 2*patience)
	defer cancel()
	if err := w.manager.Wait(ctx, is); err != nil {
		w.Errorf("not within %s: %s", 2*patience, what)
		w.Fatalf("status was:\n%s", w.baissh("", "status"))
	}
}

// big is a file of bytes that do not compress, and its sum.
func (w *world) big(name string, size int) [sha256.Size]byte {
	w.Helper()
	text := make([]byte, size)
	rand.Read(text)
	if err := os.WriteFile(filepath.Join(w.home.Dir, name), text, 0o600); err != nil {
		w.Fatal(err)
	}
	return sha256.Sum256(text)
}

func (w *world) sum(name string) [sha256.Size]byte { return sha256.Sum256([]byte(w.text(name))) }

func TestFilesComeBackTheSame(t *testing.T) {
	const size = 16 << 20
	for server, program := range servers {
		t.Run(string(server), func(t *testing.T) {
			need(t, "sftp", "scp", "rsync", program)
			w := newWorld(t, backendaitest.Options{SSH: server}, demoSpec)
			w.ready("bai-demo")
			there := w.manager.Sessions()[0].Folder()
			for _, way := range []struct {
				name     string
				up, down []string
			}{
				{"sftp", []string{"sftp", "-q", "-F", w.config(), "-b", "up", "bai-demo"}, []string{"sftp", "-q", "-F", w.config(), "-b", "down", "bai-demo"}},
				{"scp", []string{"scp", "-q", "-F", w.config(), "sent", "bai-demo:" + there + "/there"}, []string{"scp", "-q", "-F", w.config(), "bai-demo:" + there + "/there", "back"}},
				{"rsync", []string{"rsync", "-e", "ssh -F " + w.config(), "sent", "bai-demo:" + there + "/there"}, []string{"rsync", "-e", "ssh -F " + w.config(), "bai-demo:" + there + "/there", "back"}},
			} {
				w.batch("up", "put sent "+there+"/there")
				w.batch("down", "get "+there+"/there back")
				want := w.big("sent", size)
				w.good(w.program(nil, way.up[0], way.up[1:]...))
				w.good(w.program(nil, way.down[0], way.down[1:]...))
				if w.sum("back") != want {
					t.Errorf("%s brought back another file", way.name)
				}
				os.Remove(filepath.Join(w.home.Dir, "back"))
				os.Remove(filepath.Join(there, "there"))
			}
		})
	}
}

func (w *world) batch(name string, lines ...string) {
	w.Helper()
	if err := os.WriteFile(filepath.Join(w.home.Dir, name), []byte(strings.Join(lines, "\n")+"\n"), 0o600); err != nil {
		w.Fatal(err)
	}
}

func TestGitClone(t *testing.T) {
	need(t, "git", "ssh")
	w := newWorld(t, backendaitest.Options{}, demoSpec)
	w.ready("bai-demo")
	repo := filepath.Join(w.manager.Sessions()[0].Folder(), "repo")
	for _, args := range [][]string{
		{"init", "-q", repo},
		{"-C", repo, "-c", "user.name=n", "-c", "user.email=e@example.com", "commit", "-q", "--allow-empty", "-m", "the first"},
		{"clone", "-q", "bai-demo:" + repo, "clone"},
	} {
		w.good(w.program(nil, "git", args...))
	}
	if got := w.good(w.program(nil, "git", "-C", "clone", "log", "--format=%s")); got != "the first\n" {
		t.Errorf("the clone's log is %q", got)
	}
}

func TestSSHFS(t *testing.T) {
	need(t, "sshfs", "fusermount")
	if f, err := os.OpenFile("/dev/fuse", os.O_RDWR, 0); err != nil {
		t.Skipf("needs /dev/fuse, which machines with FUSE have: %v", err)
	} else {
		f.Close()
	}
	w := newWorld(t, backendaitest.Options{}, demoSpec)
	w.ready("bai-demo")
	mount := filepath.Join(w.home.Dir, "mnt")
	if err := os.Mkdir(mount, 0o700); err != nil {
		t.Fatal(err)
	}
	w.good(w.program(nil, "sshfs", "-F", w.config(), "bai-demo:", mount))
	defer w.program(nil, "fusermount", "-u", mount)
	if err := os.WriteFile(filepath.Join(mount, "file"), []byte("through fuse"), 0o600); err != nil {
		t.Fatal(err)
	}
	there, err := os.ReadFile(filepath.Join(w.manager.Sessions()[0].Folder(), "file"))
	if err != nil || string(there) != "through fuse" {
		t.Errorf("got %q, %v", there, err)
	}
}

// A web server at one end, and its page at the other.
func TestForwarding(t *testing.T) {
	need(t, "ssh", "curl")
	page := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "a page") }))
	defer page.Close()
	target := page.Listener.Addr().String()
	for server, program := range servers {
		t.Run(string(server), func(t *testing.T) {
			need(t, program)
			w := newWorld(t, backendaitest.Options{SSH: server}, demoSpec)
			w.ready("bai-demo")
			tests := map[string]struct{ forward, curl []string }{
				"-L": {[]string{"-L", "127.0.0.1:PORT:" + target}, []string{"http://127.0.0.1:PORT/"}},
				"-R": {[]string{"-R", "127.0.0.1:PORT:" + target}, []string{"http://127.0.0.1:PORT/"}},
				"-D": {[]string{"-D", "127.0.0.1:PORT"}, []string{"-x", "socks5h://127.0.0.1:PORT", "http://" + target + "/"}},
			}
			for name, tt := range tests {
				port := freePort(t)
				args := append([]string{"-F", w.config(), "-N", "-o", "BatchMode=yes", "-o", "ExitOnForwardFailure=yes"}, with(tt.forward, port)...)
				ssh := exec.Command("ssh", append(args, "bai-demo")...)
				var complaint bytes.Buffer
				ssh.Stderr, ssh.Env = &complaint, w.environment()
				if err := ssh.Start(); err != nil {
					t.Fatal(err)
				}
				w.eventually(name+" listens", func() bool {
					c, err := net.Dial("tcp", "127.0.0.1:"+port)
					if err == nil {
						c.Close()
					}
					return err == nil
				})
				curl := w.program(nil, "curl", append([]string{"-s", "-S", "--noproxy", ""}, with(tt.curl, port)...)...)
				if curl.out != "a page" {
					t.Errorf("%s: got %q, %v %s %s", name, curl.out, curl.err, curl.complaint, complaint.String())
				}
				ssh.Process.Kill()
				ssh.Wait()
			}
		})
	}
}

func with(args []string, port string) []string {
	var filled []string
	for _, arg := range args {
		filled = append(filled, strings.ReplaceAll(arg, "PORT", port))
	}
	return filled
}

// freePort is a port that was free a moment ago.
func freePort(t *testing.T) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	_, port, _ := net.SplitHostPort(ln.Addr().String())
	return port
}
