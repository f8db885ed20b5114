package backendai

import (
	"crypto/sha256"
	"crypto/subtle"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"strings"
	"time"
)

// Trust says which servers to believe, beyond the system's authorities.
// The zero value trusts those alone.
type Trust struct {
	// CAFile is a PEM file of further authorities. A server's own self-signed
	// certificate will do.
	CAFile string
	// ServerKey pins the key of the server's certificate: "sha256//" and the
	// base64 of the SHA-256 of its SubjectPublicKeyInfo, as curl's --pinnedpubkey
	// has it. The certificate must be valid all the same.
	ServerKey string
}

// errServerKey is said when the certificate is valid but not the pinned one.
var errServerKey = errors.New("the server's key is not the one pinned as server_key")

// Distrust returns why a server's certificate was not believed, or nil.
func Distrust(err error) error {
	var bad *tls.CertificateVerificationError
	switch {
	case errors.Is(err, errServerKey):
		return errServerKey
	case errors.As(err, &bad):
		return bad.Err
	}
	return nil
}

const pinPrefix = "sha256//"

func (cfg Config) transport() (*http.Transport, error) {
	conf, err := cfg.Trust.tlsConfig()
	if err != nil {
		return nil, err
	}
	dial := cfg.Dial
	if dial == nil {
		dial = (&net.Dialer{Timeout: 10 * time.Second, KeepAlive: 30 * time.Second}).DialContext
	}
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true) // a WebSocket cannot be upgraded to over HTTP/2
	return &http.Transport{
		Proxy:               http.ProxyFromEnvironment,
		DialContext:         dialWire(dial),
		TLSClientConfig:     conf,
		TLSHandshakeTimeout: 10 * time.Second,
		IdleConnTimeout:     90 * time.Second,
		MaxIdleConnsPerHost: 2,
		Protocols:           protocols,
	}, nil
}

func (t Trust) tlsConfig() (*tls.Config, error) {
	conf := &tls.Config{
		MinVersion:         tls.VersionTLS12,
		ClientSessionCache: tls.NewLRUClientSessionCache(16),
		// The first 128 KiB of every connection would go out in small records.
		DynamicRecordSizingDisabled: true,
	}
	if err := t.addAuthorities(conf); err != nil {
		return nil, err
	}
	if t.ServerKey != "" {
		pin, err := parsePin(t.ServerKey)
		if err != nil {
			return nil, err
		}
		conf.VerifyConnection = func(cs tls.ConnectionState) error { return checkPin(pin, cs) }
	}
	return conf, nil
}

func (t Trust) addAuthorities(conf *tls.Config) error {
	if t.CAFile == "" {
		return nil
	}
	pem, err := os.ReadFile(t.CAFile)
	if err != nil {
		return fmt.Errorf("read ca_file: %w", err)
	}
	pool, err := x509.SystemCertPool()
	if err != nil {
		pool = x509.NewCertPool()
	}
	if !pool.AppendCertsFromPEM(pem) {
		return fmt.Errorf("read ca_file: no certificate in %s", t.CAFile)
	}
	conf.RootCAs = pool
	return nil
}

func parsePin(s string) ([]byte, error) {
	pin, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(s, pinPrefix))
	if err != nil || len(pin) != sha256.Size || !strings.HasPrefix(s, pinPrefix) {
		return nil, fmt.Errorf("parse server_key: want %s and 44 characters of base64", pinPrefix)
	}
	return pin, nil
}

func checkPin(pin []byte, cs tls.ConnectionState) error {
	sum := sha256.Sum256(cs.PeerCertificates[0].RawSubjectPublicKeyInfo)
	if subtle.ConstantTimeCompare(sum[:], pin) != 1 {
		return errServerKey
	}
	return nil
}
