package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"time"
)

func certFile(dir string) string { return filepath.Join(dir, "cert.pem") }
func keyFile(dir string) string  { return filepath.Join(dir, "key.pem") }

// writeCert makes the far side's certificate, which is its own authority.
func writeCert(dir string) error {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	template := &x509.Certificate{
		SerialNumber:          big.NewInt(1),
		NotBefore:             time.Now().Add(-time.Hour),
		NotAfter:              time.Now().Add(24 * time.Hour),
		IPAddresses:           []net.IP{net.IPv4(127, 0, 0, 1)},
		IsCA:                  true,
		BasicConstraintsValid: true,
	}
	cert, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return err
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return err
	}
	if err := writePEM(certFile(dir), "CERTIFICATE", cert); err != nil {
		return err
	}
	return writePEM(keyFile(dir), "PRIVATE KEY", secret)
}

func writePEM(name, kind string, der []byte) error {
	return os.WriteFile(name, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600)
}

func serverConfig(dir string) (*tls.Config, error) {
	cert, err := tls.LoadX509KeyPair(certFile(dir), keyFile(dir))
	if err != nil {
		return nil, err
	}
	return &tls.Config{
		Certificates:                []tls.Certificate{cert},
		NextProtos:                  []string{"http/1.1"},
		DynamicRecordSizingDisabled: true,
	}, nil
}

// clientConfig is what backendai.Trust makes of the same file, so that the two
// tunnels differ in nothing but the WebSocket.
func clientConfig(dir string) (*tls.Config, error) {
	cert, err := os.ReadFile(certFile(dir))
	if err != nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(cert)
	return &tls.Config{
		RootCAs:                     pool,
		NextProtos:                  []string{"http/1.1"},
		ClientSessionCache:          tls.NewLRUClientSessionCache(16),
		DynamicRecordSizingDisabled: true,
	}, nil
}
