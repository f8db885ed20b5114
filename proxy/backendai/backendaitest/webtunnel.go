package backendaitest

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/coder/websocket"
)

// webPing is between the pings that the web server sends the manager, for as long
// as the client is there.
const webPing = 30 * time.Second

// forwardTunnel opens the manager's WebSocket first. Whatever that is refused
// with, the client is told 502.
func (c *webCall) forwardTunnel(target string) {
	ctx, cancel := context.WithCancel(c.r.Context())
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, c.server.URL()+target, nil)
	if err != nil {
		c.refuse(badRequest(err.Error()))
		return
	}
	if version := c.r.Header.Get("X-BackendAI-Version"); version != "" {
		request.Header.Set("X-BackendAI-Version", version)
	}
	c.sign(request)
	transport := c.server.toManager()
	defer transport.CloseIdleConnections()
	manager, answer, err := websocket.Dial(ctx, request.URL.String(), &websocket.DialOptions{
		HTTPHeader: request.Header, HTTPClient: &http.Client{Transport: transport},
	})
	if err != nil {
		c.refuseTunnel(answer)
		return
	}
	defer manager.CloseNow()
	client, err := websocket.Accept(c.w, c.r, &websocket.AcceptOptions{CompressionMode: websocket.CompressionContextTakeover})
	if err != nil {
		return // Accept has answered
	}
	defer client.CloseNow()
	manager.SetReadLimit(-1)
	client.SetReadLimit(webMessageLimit - 1)
	defer c.remember()()
	session, _, _ := strings.Cut(strings.TrimPrefix(target, "/stream/session/"), "/")
	c.pump(ctx, client, manager, c.server.noteTunnel(session, true))
}

// refuseTunnel keeps the manager's reasons to itself; but where the web server counts
// requests too, it is the one that says that there are too many.
func (c *webCall) refuseTunnel(answer *http.Response) {
	if answer == nil || answer.StatusCode != http.StatusTooManyRequests || !c.server.release.web.limitsTunnels {
		c.refuse(badGateway())
		return
	}
	for name, values := range answer.Header {
		if strings.HasPrefix(name, "X-Ratelimit-") {
			c.w.Header()[name] = values
		}
	}
	c.refuse(tooManyRequests())
}

// webMessageLimit is of a client's frame in bytes, itself refused.
const webMessageLimit = 4 << 20

// remember keeps the manager's address in the login, when its first tunnel ends.
// What it keeps is the login as it was when that began, which undoes a logout.
func (c *webCall) remember() (forget func()) {
	s := c.server
	s.mu.Lock()
	defer s.mu.Unlock()
	s.webOpen++
	first := !c.login.tunneled
	c.login.tunneled = true
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.webOpen--
		if !first {
			return
		}
		if s.release.web.extends {
			c.login.ends = time.Now().Add(s.options.LoginAge)
		}
		s.logins[c.id] = c.login
	}
}

// WebTunnels is how many tunnels clients have open at the web server, though the
// manager's side of some may be gone.
func (s *Server) WebTunnels() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.webOpen
}

// pump copies both ways until the client leaves. That the manager has closed its
// side is not passed on: the client's stays open, its pings are answered, and what
// it says is swallowed.
func (c *webCall) pump(ctx context.Context, client, manager *websocket.Conn, record *TunnelRecord) {
	ctx, cancel := context.WithCancel(ctx)
	var wg sync.WaitGroup
	defer wg.Wait()
	defer cancel()
	wg.Go(func() { copyMessages(ctx, client, manager) })
	wg.Go(func() { pingManager(ctx, manager) })
	err := copyMessages(ctx, manager, client)
	for errors.Is(err, errSwallowed) {
		err = copyMessages(ctx, manager, client)
	}
	c.server.noteEnd(record, endOfClient(int(websocket.CloseStatus(err))))
	_ = manager.Close(websocket.StatusNormalClosure, "")
}

func pingManager(ctx context.Context, manager *websocket.Conn) {
	tick := time.NewTicker(webPing)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			_ = manager.Ping(ctx) // one that is gone is not noticed
		case <-ctx.Done():
			return
		}
	}
}

var errSwallowed = errors.New("the other side took nothing")

// copyMessages copies until reading ends, or one message could not be written,
// which is read to its end all the same.
func copyMessages(ctx context.Context, to, from *websocket.Conn) error {
	for {
		kind, r, err := from.Reader(ctx)
		if err != nil {
			return err
		}
		w, err := to.Writer(ctx, kind)
		if err == nil {
			_, err = io.Copy(w, r)
			_ = w.Close()
		}
		if err != nil {
			if _, err := io.Copy(io.Discard, r); err != nil {
				return err
			}
			return errSwallowed
		}
	}
}
