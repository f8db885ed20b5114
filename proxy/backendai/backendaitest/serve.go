package backendaitest

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"strconv"
	"sync"
	"time"
)

type connKey struct{}

// serve answers on the listener until the listening is stopped.
func (s *Server) serve(listener net.Listener, answer http.HandlerFunc) *listening {
	ctx, cancel := context.WithCancelCause(s.ctx)
	up := &listening{cancel: cancel, served: make(chan struct{})}
	up.http = &http.Server{
		Handler:     counted(up, answer),
		BaseContext: func(net.Listener) context.Context { return ctx },
		ConnContext: func(ctx context.Context, conn net.Conn) context.Context {
			return context.WithValue(ctx, connKey{}, conn)
		},
		ErrorLog: log.New(io.Discard, "", 0), // connections that faults cut
		// The manager speaks HTTP/1.1 only, and an upgrade needs it.
		TLSNextProto: map[string]func(*http.Server, *tls.Conn, http.Handler){},
	}
	if s.secure != nil {
		listener = tls.NewListener(listener, s.secure.config())
	}
	if s.options.ProxyCut > 0 {
		listener = &cuttingListener{listener, s.options.ProxyCut}
	}
	go func() { // ends when Down closes the http server
		defer close(up.served)
		up.http.Serve(listener)
	}()
	return up
}

// counted lets Down wait for the handlers, which net/http does not do for
// upgraded connections.
func counted(up *listening, answer http.HandlerFunc) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !up.enter() {
			panic(http.ErrAbortHandler)
		}
		defer up.calls.Done()
		answer(w, r)
	})
}

// A door is an address that somebody listens on, or not.
type door struct {
	sync.Mutex            // guards what follows
	up         *listening // nil while down
	port       string     // "0" before the first time
}

// url is the door's address, which stays the same.
func (d *door) url(secure bool) string {
	scheme := "http"
	if secure {
		scheme = "https"
	}
	d.Lock()
	defer d.Unlock()
	return fmt.Sprintf("%s://127.0.0.1:%s", scheme, d.port)
}

func (d *door) open(s *Server, answer http.HandlerFunc) error {
	d.Lock()
	defer d.Unlock()
	if d.up != nil {
		return nil
	}
	if s.ctx.Err() != nil {
		return errors.New("listen: the server was closed")
	}
	port, _ := strconv.Atoi(d.port)
	listener, err := s.options.Network.Listen(port)
	if err != nil {
		return err
	}
	_, d.port, _ = net.SplitHostPort(listener.Addr().String())
	d.up = s.serve(listener, answer)
	return nil
}

func (d *door) close() {
	d.Lock()
	defer d.Unlock()
	up := d.up
	if up == nil {
		return
	}
	d.up = nil
	up.stop()
}

// A listening is the time between a door's open and close.
type listening struct {
	http   *http.Server
	cancel context.CancelCauseFunc
	served chan struct{}  // closed when the listener is
	calls  sync.WaitGroup // handlers at work

	mu      sync.Mutex // guards stopped, and so that no call begins after it
	stopped bool
}

func (up *listening) enter() bool {
	up.mu.Lock()
	defer up.mu.Unlock()
	if !up.stopped {
		up.calls.Add(1)
	}
	return !up.stopped
}

// stop lets handlers say their last words, but not for long: one may be writing
// to somebody who does not read.
func (up *listening) stop() {
	up.mu.Lock()
	up.stopped = true
	up.mu.Unlock()
	up.cancel(errStopped)
	idle := make(chan struct{})
	go func() { // ends when all handlers have
		defer close(idle)
		up.calls.Wait()
	}()
	select {
	case <-idle:
	case <-time.After(lastWords):
	}
	up.close()
	<-idle
	<-up.served
}

const lastWords = time.Second

// close lets the library have its last word, too: the end of a chunked body is written
// after its handler is done.
func (up *listening) close() {
	limited, cancel := context.WithTimeout(context.Background(), lastWords)
	defer cancel()
	if up.http.Shutdown(limited) != nil {
		up.http.Close()
	}
}

// connectionOf is the TCP connection that a request came by.
func connectionOf(r *http.Request) *net.TCPConn {
	conn, _ := r.Context().Value(connKey{}).(net.Conn)
	for {
		over, ok := conn.(interface{ NetConn() net.Conn })
		if !ok {
			tcp, _ := conn.(*net.TCPConn)
			return tcp
		}
		conn = over.NetConn()
	}
}

// reset ends the connection without a word, as a reset. What was written so far
// may be lost.
func reset(conn *net.TCPConn) {
	if conn != nil {
		conn.SetLinger(0)
		conn.Close()
	}
}
