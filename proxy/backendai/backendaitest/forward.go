package backendaitest

import (
	"context"
	"io"
	"net"
	"strconv"
	"sync"

	"github.com/gliderlabs/ssh"
	gossh "golang.org/x/crypto/ssh"
)

// forwardThere connects the client with an address that the container reaches (ssh -L and -D).
func (l *login) forwardThere(_ *ssh.Server, _ *gossh.ServerConn, offer gossh.NewChannel, ctx ssh.Context) {
	if !l.server.tasks.enter() {
		return
	}
	defer l.server.tasks.leave()
	var to struct {
		Host       string
		Port       uint32
		Origin     string
		OriginPort uint32
	}
	if err := gossh.Unmarshal(offer.ExtraData(), &to); err != nil {
		offer.Reject(gossh.ConnectionFailed, err.Error())
		return
	}
	var dialer net.Dialer
	conn, err := dialer.DialContext(ctx, "tcp", net.JoinHostPort(to.Host, portText(to.Port)))
	if err != nil {
		offer.Reject(gossh.ConnectionFailed, err.Error())
		return
	}
	channel, requests, err := l.accepted(offer)
	if err != nil {
		conn.Close()
		return
	}
	join(ctx, channel, requests, conn.(*net.TCPConn))
}

// join copies both ways until both have ended, or one has failed.
func join(ctx context.Context, channel gossh.Channel, requests <-chan *gossh.Request, conn *net.TCPConn) {
	end := sync.OnceFunc(func() {
		conn.Close()
		channel.Close()
	})
	var discarding sync.WaitGroup
	discarding.Go(func() { gossh.DiscardRequests(requests) })
	defer discarding.Wait()
	defer end()
	defer context.AfterFunc(ctx, end)()
	copyHalf := func(to halfCloser, from io.Reader) {
		if _, err := io.Copy(to, from); err != nil {
			end()
		}
		to.CloseWrite()
	}
	var copying sync.WaitGroup
	copying.Go(func() { copyHalf(conn, channel) })
	copying.Go(func() { copyHalf(channel, conn) })
	copying.Wait()
}

// A halfCloser can be told that nothing more will be written, and read on.
type halfCloser interface {
	io.Writer
	CloseWrite() error
}

// forwards are the ports that listen for a client (ssh -R).
type forwards struct {
	mu        sync.Mutex // guards what follows
	closed    bool
	listeners map[forwardKey]net.Listener
}

// A forwardKey is an address in the client's words.
type forwardKey struct {
	Host string
	Port uint32
}

// forwardHere listens for the client, on loopback whatever it asked for.
func (l *login) forwardHere(ctx ssh.Context, _ *ssh.Server, request *gossh.Request) (bool, []byte) {
	var at forwardKey
	if gossh.Unmarshal(request.Payload, &at) != nil {
		return false, nil
	}
	listener, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", portText(at.Port)))
	if err != nil {
		return false, nil
	}
	at.Port = uint32(listener.Addr().(*net.TCPAddr).Port)
	if !l.forwards.add(at, listener) || !l.server.tasks.enter() {
		listener.Close()
		return false, nil
	}
	go l.acceptFor(ctx, at, listener)
	return true, gossh.Marshal(&struct{ Port uint32 }{at.Port})
}

// acceptFor ends when the listener is closed, at the client's wish or its end.
func (l *login) acceptFor(ctx ssh.Context, at forwardKey, listener net.Listener) {
	defer l.server.tasks.leave()
	for {
		conn, err := listener.Accept()
		if err != nil {
			return
		}
		if !l.server.tasks.enter() {
			conn.Close()
			return
		}
		go l.forwardBack(ctx, at, conn.(*net.TCPConn))
	}
}

// forwardBack connects somebody who came to a listening port with the client.
func (l *login) forwardBack(ctx ssh.Context, at forwardKey, conn *net.TCPConn) {
	defer l.server.tasks.leave()
	defer conn.Close()
	from := conn.RemoteAddr().(*net.TCPAddr)
	client := ctx.Value(ssh.ContextKeyConn).(*gossh.ServerConn)
	channel, requests, err := client.OpenChannel("forwarded-tcpip", gossh.Marshal(&struct {
		Host       string
		Port       uint32
		Origin     string
		OriginPort uint32
	}{at.Host, at.Port, from.IP.String(), uint32(from.Port)}))
	if err == nil {
		join(ctx, channel, requests, conn)
	}
}

func (l *login) stopForward(_ ssh.Context, _ *ssh.Server, request *gossh.Request) (bool, []byte) {
	var at forwardKey
	if gossh.Unmarshal(request.Payload, &at) != nil {
		return false, nil
	}
	return l.forwards.remove(at), nil
}

func (f *forwards) add(at forwardKey, listener net.Listener) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.listeners == nil {
		f.listeners = map[forwardKey]net.Listener{}
	}
	if !f.closed {
		f.listeners[at] = listener
	}
	return !f.closed
}

func (f *forwards) remove(at forwardKey) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	listener := f.listeners[at]
	delete(f.listeners, at)
	return listener != nil && listener.Close() == nil
}

func (f *forwards) close() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.closed = true
	for _, listener := range f.listeners {
		listener.Close()
	}
}

func portText(port uint32) string { return strconv.FormatUint(uint64(port), 10) }
