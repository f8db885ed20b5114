package sshconfig

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"

	"baissh/proxy/state"

	"golang.org/x/crypto/ssh"
)

// noSSH is for tests that do not ask one.
func noSSH() []string { return nil }

// newDir is a .ssh folder in which the user has nothing yet.
func newDir(t *testing.T) Dir {
	t.Helper()
	return Dir{Path: filepath.Join(t.TempDir(), ".ssh")}
}

// hostKeys are one of each type, in authorized_keys form.
var hostKeys = sync.OnceValue(func() map[string]string {
	keys := map[string]string{}
	add := func(public any, err error) {
		if err != nil {
			panic(err)
		}
		key, err := ssh.NewPublicKey(public)
		if err != nil {
			panic(err)
		}
		keys[key.Type()] = strings.TrimSpace(string(ssh.MarshalAuthorizedKey(key)))
	}
	edwards, _, err := ed25519.GenerateKey(rand.Reader)
	add(edwards, err)
	for _, curve := range []elliptic.Curve{elliptic.P256(), elliptic.P384(), elliptic.P521()} {
		key, err := ecdsa.GenerateKey(curve, rand.Reader)
		add(&key.PublicKey, err)
	}
	long, err := rsa.GenerateKey(rand.Reader, 2048)
	add(&long.PublicKey, err)
	return keys
})

func rsaKey() string     { return hostKeys()[ssh.KeyAlgoRSA] }
func edwardsKey() string { return hostKeys()[ssh.KeyAlgoED25519] }

func demo(d Dir) state.Entry {
	return state.Entry{
		Alias: "bai-demo", Port: 22022, Account: "work",
		IdentityFile: d.KeyFile("bai-demo"), HostKey: rsaKey(),
	}
}

func put(t *testing.T, path, text string) string {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func wantText(t *testing.T, path, want string) {
	t.Helper()
	if got := read(t, path); got != want {
		t.Errorf("%s holds\n%q, want\n%q", filepath.Base(path), got, want)
	}
}

func wantMode(t *testing.T, path string, want os.FileMode) {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if got := info.Mode().Perm(); got != want && runtime.GOOS != "windows" {
		t.Errorf("%s has mode %o, want %o", filepath.Base(path), got, want)
	}
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}

// sshG is what the machine's own ssh makes of a file, by option.
func sshG(t testing.TB, file, host string) map[string][]string {
	t.Helper()
	out, err := runG(t, file, host)
	if err != nil {
		t.Fatalf("ssh -G -F %s %s: %v\n%s", filepath.Base(file), host, err, out)
	}
	options := map[string][]string{}
	for line := range strings.Lines(out) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), " ")
		options[name] = append(options[name], value)
	}
	return options
}

func runG(t testing.TB, file, host string) (string, error) {
	t.Helper()
	program, err := exec.LookPath("ssh")
	if err != nil {
		t.Skip("needs OpenSSH's ssh")
	}
	out, err := exec.Command(program, "-G", "-F", file, host).CombinedOutput()
	return string(out), err
}

func wantOption(t testing.TB, options map[string][]string, name, want string) {
	t.Helper()
	if got := strings.Join(options[name], "\n"); got != want {
		t.Errorf("%s is %q for ssh, want %q", name, got, want)
	}
}

// render is Render for entries that are all good.
func render(t testing.TB, d Dir, entries ...state.Entry) string {
	t.Helper()
	text, err := Render(d, entries, Options{})
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
