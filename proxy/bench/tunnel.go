package main

import (
	"bufio"
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"os"
	"runtime/debug"
	"runtime/pprof"
	"time"

	"baissh/proxy/backendai"
	"baissh/proxy/tunnel"
)

// The two kinds of tunnel.
const (
	kindTLS    = "tls"
	kindBaissh = "baissh"
)

// session is any UUID: the far side does not look.
const session = "00000000-0000-4000-8000-000000000000"

// runTunnel serves one tunnel until its stdin ends: kind, folder of the
// certificate, address of the far side, file for a CPU profile or "".
func runTunnel(args []string) error {
	kind, dir, far, profile := args[0], args[1], args[2], args[3]
	dial, err := dialer(kind, dir, far)
	if err != nil {
		return err
	}
	stop, err := startProfile(profile)
	if err != nil {
		return err
	}
	defer stop()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	t := &tunnel.Tunnel{Dial: dial}
	go t.Serve(ln) // ends with the process
	if err := say(ln.Addr().String()); err != nil {
		return err
	}
	return answer()
}

func startProfile(name string) (stop func(), err error) {
	if name == "" {
		return func() {}, nil
	}
	file, err := os.Create(name)
	if err != nil {
		return nil, err
	}
	stop = func() {
		pprof.StopCPUProfile()
		file.Close()
	}
	return stop, pprof.StartCPUProfile(file)
}

func dialer(kind, dir, far string) (func(context.Context) (net.Conn, error), error) {
	if kind == kindTLS {
		conf, err := clientConfig(dir)
		if err != nil {
			return nil, err
		}
		d := &tls.Dialer{Config: conf}
		return func(ctx context.Context) (net.Conn, error) { return d.DialContext(ctx, "tcp", far) }, nil
	}
	client, err := backendai.New(backendai.Config{
		Endpoint: "https://" + far,
		Keys:     backendai.KeyPair{AccessKey: "AKIABENCH", SecretKey: "bench"},
		Trust:    backendai.Trust{CAFile: certFile(dir)},
	})
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context) (net.Conn, error) {
		conn, err := client.Dial(ctx, session)
		if err != nil {
			return nil, err // a nil *Conn must not become a net.Conn
		}
		return conn, nil
	}, nil
}

// The words that a tunnel process answers, with its usage.
const (
	wordUsage = "usage"
	wordTidy  = "tidy" // collect garbage first
)

func answer() error {
	words := bufio.NewScanner(os.Stdin)
	for words.Scan() {
		switch words.Text() {
		case wordTidy:
			// A pool lets go only at the second collection, and what is free counts
			// as resident until it is given back.
			debug.FreeOSMemory()
			debug.FreeOSMemory()
			time.Sleep(100 * time.Millisecond)
		case wordUsage:
		default:
			return fmt.Errorf("cannot answer %q", words.Text())
		}
		if err := say(ownUsage()); err != nil {
			return err
		}
	}
	return words.Err()
}
