package settings

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/zalando/go-keyring"

	"baissh/proxy/atomicfile"
	"baissh/proxy/folders"
)

// A SecretKind says where a profile's secret key is kept. It is decided at
// sign-in: a keyring that is locked later is waited for, never replaced.
type SecretKind string

// The kinds.
const (
	SecretKeyring SecretKind = "keyring"
	SecretFile    SecretKind = "file"
)

// Secrets keeps secret keys. Get returns ErrNoSecret where there is none; every
// other error means that the store cannot be asked now. All calls end with ctx.
type Secrets interface {
	Get(ctx context.Context, p Profile) (string, error)
	Set(ctx context.Context, p Profile, secret string) error
	Delete(ctx context.Context, p Profile) error // what is not there is gone already
	Where() string                               // for people: "the keyring"
}

// ErrNoSecret says that the store works and does not have the secret.
var ErrNoSecret = errors.New("no such secret")

// SecretsOf returns the store of this kind for a home.
func SecretsOf(kind SecretKind, h folders.Home) Secrets {
	if kind == SecretKeyring {
		return keyringSecrets{}
	}
	return fileSecrets{filepath.Join(h.Config, "secrets.json")}
}

// secretName tells secrets of several endpoints and key pairs apart.
func secretName(p Profile) string { return p.AccessKey + "@" + p.Endpoint }

// fileSecrets is a file that only its owner can read.
type fileSecrets struct{ path string }

func (s fileSecrets) Where() string { return s.path }

func (s fileSecrets) Get(_ context.Context, p Profile) (string, error) {
	all, err := s.read()
	if err != nil {
		return "", err
	}
	secret, ok := all[secretName(p)]
	if !ok {
		return "", ErrNoSecret
	}
	return secret, nil
}

func (s fileSecrets) Set(_ context.Context, p Profile, secret string) error {
	all, err := s.read()
	if err != nil {
		return err
	}
	all[secretName(p)] = secret
	return s.write(all)
}

func (s fileSecrets) Delete(_ context.Context, p Profile) error {
	all, err := s.read()
	if _, there := all[secretName(p)]; err != nil || !there {
		return err
	}
	delete(all, secretName(p))
	return s.write(all)
}

func (s fileSecrets) write(all map[string]string) error {
	text, err := json.MarshalIndent(all, "", "  ")
	if err != nil {
		return fmt.Errorf("write the secret: %w", err)
	}
	if err := os.MkdirAll(filepath.Dir(s.path), 0o700); err != nil {
		return fmt.Errorf("write the secret: %w", err)
	}
	if err := atomicfile.WriteFile(s.path, append(text, '\n'), 0o600); err != nil {
		return fmt.Errorf("write the secret: %w", err)
	}
	return atomicfile.Private(s.path)
}

func (s fileSecrets) read() (map[string]string, error) {
	all := map[string]string{}
	_ = atomicfile.Private(s.path) // somebody may have opened it to others; one that is not there is none
	text, err := os.ReadFile(s.path)
	if errors.Is(err, fs.ErrNotExist) {
		return all, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the secrets: %w", err)
	}
	if err := json.Unmarshal(text, &all); err != nil {
		return nil, fmt.Errorf("read %s: it is damaged", s.path) // the parser's words could quote a secret
	}
	return all, nil
}

// keyringSecrets is the operating system's store.
type keyringSecrets struct{}

const (
	keyringService = "baissh"
	keyringLimit   = 5 * time.Second // a locked keyring may ask its user, for ever
)

func (keyringSecrets) Where() string { return "the keyring" }

func (keyringSecrets) Get(ctx context.Context, p Profile) (string, error) {
	secret, err := limited(ctx, func() (string, error) { return keyring.Get(keyringService, secretName(p)) })
	if errors.Is(err, keyring.ErrNotFound) {
		return "", ErrNoSecret
	}
	return secret, err
}

func (keyringSecrets) Set(ctx context.Context, p Profile, secret string) error {
	_, err := limited(ctx, func() (string, error) {
		return "", keyring.Set(keyringService, secretName(p), secret)
	})
	return err
}

func (keyringSecrets) Delete(ctx context.Context, p Profile) error {
	_, err := limited(ctx, func() (string, error) { return "", keyring.Delete(keyringService, secretName(p)) })
	if errors.Is(err, keyring.ErrNotFound) {
		return nil
	}
	return err
}

// limited gives a call that knows no limit one. The goroutine ends when the
// keyring answers, which nobody waits for any more.
func limited(ctx context.Context, call func() (string, error)) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, keyringLimit)
	defer cancel()
	type result struct {
		secret string
		err    error
	}
	done := make(chan result, 1)
	go func() {
		secret, err := call()
		done <- result{secret, err}
	}()
	select {
	case r := <-done:
		return r.secret, r.err
	case <-ctx.Done():
		return "", fmt.Errorf("ask the keyring: %w", ctx.Err())
	}
}
