package backendai

import (
	"archive/tar"
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"net/http"
	"testing"

	"golang.org/x/crypto/ssh"
)

func pemKey(t testing.TB) []byte {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)})
}

func opensshKey(t testing.TB) []byte {
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	block, err := ssh.MarshalPrivateKey(key, "")
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(block)
}

func tarOf(t testing.TB, content []byte) []byte {
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	if err := w.WriteHeader(&tar.Header{Name: keyFile, Size: int64(len(content)), Mode: 0o600}); err != nil {
		t.Fatal(err)
	}
	w.Write(content)
	w.Close()
	return b.Bytes()
}

func TestParseKey(t *testing.T) {
	pemForm, openssh := pemKey(t), opensshKey(t)
	tests := map[string]struct{ body, want []byte }{
		"PEM":              {pemForm, pemForm},
		"OpenSSH":          {openssh, openssh},
		"tar, 22.03":       {tarOf(t, pemForm), pemForm},
		"no final newline": {bytes.TrimSpace(openssh), openssh},
		"CRLF":             {bytes.ReplaceAll(openssh, []byte("\n"), []byte("\r\n")), openssh},
		"text in front":    {append([]byte("id_container\n"), pemForm...), pemForm},
		"empty":            {nil, nil},
		"HTML":             {[]byte("<html>"), nil},
		"cut short":        {pemForm[:len(pemForm)/2], nil},
		"tar cut short":    {tarOf(t, pemForm)[:600], nil},
		"a certificate":    {[]byte("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"), nil},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := parseKey("test", tt.body)
			if !bytes.Equal(got, tt.want) || (err == nil) != (tt.want != nil) {
				t.Errorf("got %.40q, %v, want %.40q", got, err, tt.want)
			}
		})
	}
}

// The parameter goes in both places, and by GET where POST is not known.
func TestKeyIsAskedForAsEveryReleaseUnderstands(t *testing.T) {
	key := pemKey(t)
	servers := map[string]http.HandlerFunc{
		"GET only": func(w http.ResponseWriter, r *http.Request) {
			if r.Method != http.MethodGet {
				reply(405, problemType, slug("method-not-allowed"))(w, r)
			} else if r.URL.RawQuery != "file=id_container" || r.ContentLength > 0 {
				reply(400, problemType, slug("invalid-api-params"))(w, r)
			} else {
				w.Write(key)
			}
		},
		"POST with a query": func(w http.ResponseWriter, r *http.Request) {
			if r.Method != http.MethodPost || r.URL.Query().Get("file") != keyFile {
				reply(400, problemType, slug("invalid-api-params"))(w, r)
			} else {
				w.Write(key)
			}
		},
		"POST with a body": func(w http.ResponseWriter, r *http.Request) {
			var body bytes.Buffer
			body.ReadFrom(r.Body)
			if r.Method != http.MethodPost || body.String() != `{"file":"id_container"}` {
				reply(400, problemType, slug("invalid-api-params"))(w, r)
			} else {
				w.Write(key)
			}
		},
	}
	for name, server := range servers {
		t.Run(name, func(t *testing.T) {
			got, err := answering(t, server).DownloadKey(t.Context(), anID)
			if !bytes.Equal(got, key) {
				t.Errorf("got %.40q, %v", got, err)
			}
		})
	}
}

func TestMissingKeyIsKnown(t *testing.T) {
	for name, answer := range map[string]http.HandlerFunc{
		"23.09": reply(500, problemType, slug("kernel-execution-failed")),
		"26.9":  reply(500, problemType, slug("internal-server-error")),
		"code":  reply(400, problemType, slug("invalid-api-params")),
	} {
		if _, err := answering(t, answer).DownloadKey(t.Context(), anID); !errors.Is(err, ErrNoKeyFile) {
			t.Errorf("%s: got %v, want ErrNoKeyFile", name, err)
		}
	}
}

func FuzzParseKey(f *testing.F) {
	f.Add(pemKey(f))
	f.Add(opensshKey(f))
	f.Add(tarOf(f, pemKey(f)))
	f.Add([]byte("-----BEGIN"))
	f.Fuzz(func(t *testing.T, body []byte) {
		key, err := parseKey("test", body)
		if err == nil && (!bytes.HasPrefix(key, []byte(keyBegin)) || !bytes.HasSuffix(key, []byte("\n"))) {
			t.Errorf("accepted %q", key)
		}
	})
}
