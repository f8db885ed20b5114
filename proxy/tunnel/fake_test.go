package tunnel

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
)

// A pipeClient is a client's end of a connection without sockets, for tests
// that play with time. Its two directions end one by one, as TCP's do.
type pipeClient struct {
	net.Conn // what the tunnel reads from
	out      net.Conn
}

func (p *pipeClient) Write(b []byte) (int, error) { return p.out.Write(b) }
func (p *pipeClient) CloseWrite() error           { return p.out.Close() }
func (p *pipeClient) CloseRead() error            { return p.Conn.Close() }
func (p *pipeClient) Close() error                { return errors.Join(p.Conn.Close(), p.out.Close()) }

// newPipeClient returns the tunnel's end and the two halves of the user's end.
func newPipeClient() (local *pipeClient, say io.WriteCloser, hear io.ReadCloser) {
	in, userOut := net.Pipe()
	out, userIn := net.Pipe()
	return &pipeClient{Conn: in, out: out}, userOut, userIn
}

// A pipeListener accepts what is handed to it.
type pipeListener struct {
	conns chan net.Conn
	done  chan struct{}
	once  sync.Once
}

func newPipeListener() *pipeListener {
	return &pipeListener{conns: make(chan net.Conn), done: make(chan struct{})}
}

func (l *pipeListener) Accept() (net.Conn, error) {
	select {
	case c := <-l.conns:
		return c, nil
	case <-l.done:
		return nil, net.ErrClosed
	}
}
func (l *pipeListener) Close() error   { l.once.Do(func() { close(l.done) }); return nil }
func (l *pipeListener) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)} }

// serve runs a tunnel on l and ends it with the test.
func serve(t *testing.T, tun *Tunnel, l net.Listener) {
	t.Helper()
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := tun.Serve(l); err != nil {
			t.Errorf("Serve: %v", err)
		}
	}()
	t.Cleanup(func() {
		tun.Close()
		<-done
	})
}

// connect makes a client of a tunnel that is served by l.
func connect(l *pipeListener) (say io.WriteCloser, hear io.ReadCloser) {
	local, say, hear := newPipeClient()
	l.conns <- local
	return say, hear
}

// farSide returns a Dial that leads to f, which plays the ssh server.
func farSide(f func(net.Conn)) func(context.Context) (net.Conn, error) {
	return func(context.Context) (net.Conn, error) {
		near, far := net.Pipe()
		go f(far)
		return near, nil
	}
}

// sentence reads what a refused client is told: our identification and a
// disconnect packet.
func sentence(t *testing.T, hear io.Reader) string {
	t.Helper()
	r := bufio.NewReader(hear)
	line, err := r.ReadString('\n')
	if err != nil || line != identification+"\r\n" {
		t.Fatalf("the client heard %q, %v, want our identification", line, err)
	}
	return packetSentence(t, r)
}

func packetSentence(t *testing.T, r io.Reader) string {
	t.Helper()
	rest, err := io.ReadAll(r)
	if err != nil || len(rest) < 14 {
		t.Fatalf("the client heard %q, %v, want a packet", rest, err)
	}
	if rest[5] != msgDisconnect || len(rest)%8 != 0 {
		t.Fatalf("the client heard %q, want a disconnect packet in blocks of 8", rest)
	}
	n := int(rest[12])<<8 | int(rest[13])
	return strings.TrimSpace(string(rest[14 : 14+n]))
}
