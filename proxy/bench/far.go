package main

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"os"

	"github.com/coder/websocket"
)

// addresses are where the far side serves the same orders in three ways.
type addresses struct{ TCP, TLS, WSS string }

// runFar is the far side. Its argument is the folder of the certificate.
func runFar(args []string) error {
	conf, err := serverConfig(args[0])
	if err != nil {
		return err
	}
	var listeners [3]net.Listener
	for i := range listeners {
		if listeners[i], err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
			return err
		}
	}
	plain, secure, web := listeners[0], listeners[1], listeners[2]
	// These end with the process.
	go accept(plain)
	go accept(tls.NewListener(secure, conf))
	go serveWeb(tls.NewListener(web, conf))
	if err := say(addresses{plain.Addr().String(), secure.Addr().String(), web.Addr().String()}); err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, os.Stdin)
	return err
}

func accept(ln net.Listener) {
	for {
		c, err := ln.Accept()
		if err != nil {
			return
		}
		go func() {
			defer c.Close()
			_ = serveOrders(c) // how it ended is the client's to tell
		}()
	}
}

func serveWeb(ln net.Listener) {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /stream/session/{id}/tcpproxy", func(w http.ResponseWriter, r *http.Request) {
		ws, err := websocket.Accept(w, r, &websocket.AcceptOptions{CompressionMode: websocket.CompressionDisabled})
		if err != nil {
			return
		}
		defer ws.CloseNow()
		ws.SetReadLimit(-1)
		_ = serveOrders(&stream{ws: ws})
	})
	// A connection that a tunnel gives up during its handshake is no news here.
	quiet := log.New(io.Discard, "", 0)
	_ = (&http.Server{Handler: mux, ErrorLog: quiet}).Serve(ln)
}

// A stream makes one of a WebSocket's messages. websocket.NetConn would do, but
// it sets a timer at every read, and the far side takes its time from the cores
// that the tunnel runs on.
type stream struct {
	ws      *websocket.Conn
	message io.Reader // the rest of the message being read, or nil
}

func (s *stream) Read(p []byte) (int, error) {
	for {
		if s.message == nil {
			_, r, err := s.ws.Reader(context.Background())
			if err != nil {
				return 0, err
			}
			s.message = r
		}
		n, err := s.message.Read(p)
		if errors.Is(err, io.EOF) {
			s.message, err = nil, nil
		}
		if n > 0 || err != nil {
			return n, err
		}
	}
}

// Write sends one message.
func (s *stream) Write(p []byte) (int, error) {
	if err := s.ws.Write(context.Background(), websocket.MessageBinary, p); err != nil {
		return 0, err
	}
	return len(p), nil
}
