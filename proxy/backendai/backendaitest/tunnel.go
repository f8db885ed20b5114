package backendaitest

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/coder/websocket"
)

// tcpproxy opens a tunnel to a session's ssh server. Whatever can be refused with
// a status is refused before the 101, in the manager's order.
func (c *call) tcpproxy() *problem {
	if p := c.checkQuery(c.r.URL.Query(), "app", "service", "port", "envs", "arguments"); p != nil {
		return p
	}
	e, p := c.findForStream()
	if p != nil {
		return p
	}
	if p := c.checkApp(e); p != nil {
		return p
	}
	switch c.fault.Kind {
	case DeadAgent:
		return c.askDeadAgent()
	case BusyAgent:
		c.askBusyAgent()
		c.fault = Fault{} // this was all of it
	}
	if !strings.EqualFold(c.r.Header.Get("Upgrade"), "websocket") {
		return badRequest("No WebSocket UPGRADE hdr: None")
	}
	c.openTunnel(e)
	return nil
}

// checkApp refuses apps that the session does not have, and ports beside them.
func (c *call) checkApp(e *Session) *problem {
	name := c.parameter("app", "service")
	if name == "" {
		return invalidParams("app: is required")
	}
	if !locked(e, e.isUp) { // the newer lookup finds none that is not
		return brokenServer("")
	}
	offered := locked(e, func() bool {
		return e.servicePorts() != nil && slices.ContainsFunc(e.listedApps(), func(a app) bool { return a.Name == name })
	})
	if !offered || name != "sshd" {
		return refuse(http.StatusNotFound, "object-not-found", "No such app service.").because(c.part + ":" + name)
	}
	if port := c.r.URL.Query().Get("port"); port != "" && (c.server.release.portRefused || port != "2200") {
		return invalidParams("Service " + name + " does not open the port number " + port + ".")
	}
	return nil
}

// askDeadAgent plays an agent that does not answer the manager.
func (c *call) askDeadAgent() *problem {
	var patience <-chan time.Time
	if !c.server.release.deadAgentHangs {
		orElse(&c.fault.Delay, 5*time.Second)
		patience = time.After(c.fault.Delay)
	}
	select {
	case <-patience:
		return brokenServer("")
	case <-c.r.Context().Done():
		panic(http.ErrAbortHandler)
	}
}

// askBusyAgent plays an agent that answers the manager's calls one after the other,
// also those whose client has gone.
func (c *call) askBusyAgent() {
	orElse(&c.fault.Delay, time.Second)
	select {
	case c.server.agent <- struct{}{}:
	case <-c.server.ctx.Done():
		panic(http.ErrAbortHandler)
	}
	defer func() { <-c.server.agent }()
	time.Sleep(c.fault.Delay)
}

// A tunnel is one WebSocket on its way to a session's ssh server.
type tunnel struct {
	server  *Server
	session *Session
	request *http.Request
	ws      *websocket.Conn
	record  *TunnelRecord
	fault   Fault
	stalled chan struct{} // closed when nothing is to pass any more
	stall   func()        // closes it, once
}

func (c *call) openTunnel(e *Session) {
	t := &tunnel{server: c.server, session: e, request: c.r, fault: c.fault, stalled: make(chan struct{})}
	ws, err := websocket.Accept(farewell{c.w, t.part}, c.r, &websocket.AcceptOptions{
		// Offered compression is taken, as the manager does; nobody should offer it.
		CompressionMode: websocket.CompressionContextTakeover,
	})
	if err != nil {
		return // Accept has answered
	}
	ws.SetReadLimit(c.server.options.MessageLimit - 1)
	t.ws = ws
	t.record = c.server.noteTunnel(e.id, false)
	t.stall = sync.OnceFunc(func() { close(t.stalled) })
	t.enter()
	defer t.leave()
	t.serve(c.r.Context())
}

func (t *tunnel) enter() {
	t.server.mu.Lock()
	t.server.tunnels[t] = true
	t.server.opened++
	open := 0
	for _, unparted := range t.server.tunnels {
		if unparted {
			open++
		}
	}
	t.server.peak = max(t.server.peak, open)
	t.server.mu.Unlock()
	t.server.watch.wake()
}

// part notes that the client has its goodbye.
func (t *tunnel) part() {
	t.server.mu.Lock()
	defer t.server.mu.Unlock()
	if t.server.tunnels[t] {
		t.server.tunnels[t] = false
	}
}

func (t *tunnel) leave() {
	t.server.noteEnd(t.record, FarEnd)
	t.ws.CloseNow()
	t.server.mu.Lock()
	delete(t.server.tunnels, t)
	t.server.mu.Unlock()
	t.server.watch.wake()
}

// Tunnels is how many tunnels are open.
func (s *Server) Tunnels() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.tunnels)
}

// MostTunnels is how many tunnels were open at a time, at most.
func (s *Server) MostTunnels() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.peak
}

// TunnelsOpened is how many tunnels were answered with 101 since the start.
func (s *Server) TunnelsOpened() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.opened
}

// Stalled is how many of the open tunnels pass nothing any more, see [Stall].
func (s *Server) Stalled() (n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for t := range s.tunnels {
		if t.isStalled() {
			n++
		}
	}
	return n
}

// serve is the time after the 101. Only now is the ssh server dialled.
func (t *tunnel) serve(ctx context.Context) {
	stop := context.AfterFunc(ctx, func() { t.close(websocket.StatusGoingAway) })
	defer stop()
	switch t.fault.Kind {
	case SilentTunnel:
		t.ignore()
	case RefuseSSH:
		t.close(websocket.StatusTryAgainLater)
	case NotSSH:
		_ = t.ws.Write(ctx, websocket.MessageBinary, []byte("HTTP/1.0 400 Bad Request\r\n\r\n"+gatewayPage))
		t.ignore()
	case LeadAstray:
		to := t.fault.To
		t.fault = Fault{} // this was all of it
		t.connect(ctx, to)
	default:
		t.connect(ctx, t.session)
	}
}

func (t *tunnel) connect(ctx context.Context, to *Session) {
	container := locked(to, func() *container { return to.container })
	if container == nil {
		t.close(websocket.StatusTryAgainLater)
		return
	}
	ssh, err := container.dial(ctx)
	if err != nil {
		t.close(websocket.StatusTryAgainLater)
		return
	}
	t.relay(ctx, ssh)
}

// ignore reads what the client sends, and answers its pings, until it leaves.
func (t *tunnel) ignore() {
	for {
		if _, _, err := t.ws.Read(context.Background()); err != nil {
			t.server.noteEnd(t.record, endOfClient(int(websocket.CloseStatus(err))))
			return
		}
	}
}

// close says goodbye, and does not wait long for the answer.
func (t *tunnel) close(status websocket.StatusCode) {
	t.server.noteEnd(t.record, FarEnd)
	limit := time.AfterFunc(lastWords, func() { t.ws.CloseNow() })
	defer limit.Stop()
	_ = t.ws.Close(status, "")
}
