package backendaitest

import (
	"context"
	"fmt"
	"net"
	"strconv"
	"sync"
	"syscall"
)

// A Network carries connections in memory. All who meet on it may be in one bubble of
// testing/synctest: a goroutine that waits for a socket keeps time there from passing,
// one that waits here does not. The nil Network is the machine's own.
type Network struct {
	mu    sync.Mutex // guards what follows
	doors map[int]*memoryListener
	last  int // the port that was given away last
}

// Listen listens on a port of 127.0.0.1; 0 is any.
func (n *Network) Listen(port int) (net.Listener, error) {
	if n == nil {
		return net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.doors == nil {
		n.doors, n.last = map[int]*memoryListener{}, 49151
	}
	if port == 0 {
		n.last++
		port = n.last
	}
	if n.doors[port] != nil {
		return nil, fmt.Errorf("listen on port %d: %w", port, syscall.EADDRINUSE)
	}
	l := &memoryListener{network: n, port: port, calls: make(chan net.Conn), done: make(chan struct{})}
	n.doors[port] = l
	return l, nil
}

// DialContext has the form that [net/http.Transport] wants.
func (n *Network) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	if n == nil {
		return new(net.Dialer).DialContext(ctx, network, address)
	}
	_, text, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	port, _ := strconv.Atoi(text)
	n.mu.Lock()
	l := n.doors[port]
	n.mu.Unlock()
	if l == nil {
		return nil, fmt.Errorf("dial %s: %w", address, syscall.ECONNREFUSED)
	}
	near, far := newMemoryConns(port)
	select {
	case l.calls <- far:
		return near, nil
	case <-l.done:
		return nil, fmt.Errorf("dial %s: %w", address, syscall.ECONNREFUSED)
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// A memoryListener hands over one caller after the other.
type memoryListener struct {
	network *Network
	port    int
	calls   chan net.Conn
	done    chan struct{}
	once    sync.Once
}

func (l *memoryListener) Addr() net.Addr { return loopback(l.port) }

func loopback(port int) *net.TCPAddr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: port} }

func (l *memoryListener) Accept() (net.Conn, error) {
	select {
	case conn := <-l.calls:
		return conn, nil
	case <-l.done:
		return nil, net.ErrClosed
	}
}

func (l *memoryListener) Close() error {
	l.once.Do(func() {
		close(l.done)
		l.network.mu.Lock()
		defer l.network.mu.Unlock()
		delete(l.network.doors, l.port)
	})
	return nil
}
