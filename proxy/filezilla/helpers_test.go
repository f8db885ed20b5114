package filezilla

import (
	"context"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"baissh/proxy/state"

	"golang.org/x/crypto/ssh"
)

// signers are one host key of each kind.
var signers = sync.OnceValue(func() map[string]ssh.Signer {
	list := map[string]ssh.Signer{}
	add := func(key any, err error) {
		if err != nil {
			panic(err)
		}
		signer, err := ssh.NewSignerFromKey(key)
		if err != nil {
			panic(err)
		}
		list[signer.PublicKey().Type()] = signer
	}
	_, edwards, err := ed25519.GenerateKey(rand.Reader)
	add(edwards, err)
	for _, curve := range []elliptic.Curve{elliptic.P256(), elliptic.P384(), elliptic.P521()} {
		key, err := ecdsa.GenerateKey(curve, rand.Reader)
		add(key, err)
	}
	long, err := rsa.GenerateKey(rand.Reader, 2048)
	add(long, err)
	return list
})

func hostKey(kind string) string {
	return strings.TrimSpace(string(ssh.MarshalAuthorizedKey(signers()[kind].PublicKey())))
}

// demo is an entry that can be written. Its key file is absolute everywhere.
func demo(alias string, port int) state.Entry {
	return state.Entry{Alias: alias, Port: port, Account: "work", IdentityFile: keyPath(alias), HostKey: hostKey(ssh.KeyAlgoRSA)}
}

func keyPath(name string) string {
	return filepath.Join(filepath.VolumeName(os.TempDir())+string(filepath.Separator), "keys", name)
}

// newWriter is one for a home with nothing in it, and a FileZilla of a version.
func newWriter(t *testing.T, version string) *Writer {
	t.Helper()
	home := t.TempDir()
	program := filepath.Join(t.TempDir(), "bin", "filezilla")
	return &Writer{
		Home: home, Memory: filepath.Join(home, "memory.json"),
		Getenv:    func(string) string { return "" },
		Program:   func() string { return program },
		installed: func(context.Context) string { return version },
	}
}

// ran is a home in which FileZilla of a version has been.
func ran(t *testing.T, version string) *Writer {
	t.Helper()
	w := newWriter(t, "")
	put(t, w.file("filezilla.xml"), `<?xml version="1.0"?><FileZilla3 version="`+version+`" platform="*nix"/>`)
	return w
}

func (w *Writer) file(name string) string { return filepath.Join(w.settingsDir(), name) }

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

// content is "" for a file that is not there.
func content(t *testing.T, path string) string {
	t.Helper()
	text, err := read(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func wantText(t *testing.T, path, want string) {
	t.Helper()
	if got := content(t, path); got != want {
		t.Errorf("%s holds\n%q, want\n%q", filepath.Base(path), got, want)
	}
}

func wantState(t *testing.T, got state.Writer, word, reason string) {
	t.Helper()
	if got.Name != WriterName || got.State != word || !strings.Contains(got.Reason, reason) || (reason == "" && got.Reason != "") {
		t.Errorf("Write = %+v, want state %s and a reason with %q", got, word, reason)
	}
}

// tree is every file below dir with its content.
func tree(t *testing.T, dir string) map[string]string {
	t.Helper()
	files := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err == nil && !e.IsDir() {
			files[path] = content(t, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}
