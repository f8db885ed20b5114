package backendai_test

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"

	"baissh/proxy/backendai"
	"baissh/proxy/backendai/backendaitest"
)

// A wait is something that the newest release takes long for, and the others do not.
type wait struct {
	name   string
	isLong func(ctx context.Context, server *backendaitest.Server, session *backendaitest.Session) bool
	holds  string // the columns of the simulator's table that fail in its name
}

// long is more than it takes where it does not take long.
const long = 4 * time.Second

var waits = []wait{
	{name: "from a crash to the end of the session", holds: "crashDelay", isLong: func(ctx context.Context, server *backendaitest.Server, session *backendaitest.Session) bool {
		session.Crash()
		return server.Wait(ctx, func() bool { return session.Status() == "TERMINATED" }) != nil
	}},
	{name: "for a dead agent", holds: "deadAgentHangs", isLong: func(ctx context.Context, server *backendaitest.Server, session *backendaitest.Session) bool {
		server.Inject(backendaitest.Fault{At: backendaitest.Tunnel, Kind: backendaitest.DeadAgent, Session: session, Delay: 100 * time.Millisecond})
		_, err := dialRaw(ctx, server, session)
		return errors.Is(err, context.DeadlineExceeded)
	}},
	{name: "for a client that vanished", holds: "vanishedClient", isLong: func(ctx context.Context, server *backendaitest.Server, session *backendaitest.Session) bool {
		ws, err := dialRaw(ctx, server, session)
		if err == nil {
			_, _, err = ws.Read(ctx)
			ws.CloseNow()
		}
		vanished := time.Now()
		err = errors.Join(err, server.Wait(ctx, func() bool { return session.Connections().Open == 0 }))
		return err != nil || time.Since(vanished) >= 2*time.Second
	}},
}

// dialRaw opens a tunnel that no client of ours looks after.
func dialRaw(ctx context.Context, server *backendaitest.Server, session *backendaitest.Session) (*websocket.Conn, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, server.URL()+sshdOf(session.ID()), nil)
	if err != nil {
		return nil, err
	}
	access, secret := server.KeyPair()
	backendai.Sign(backendai.KeyPair{AccessKey: access, SecretKey: secret}, req, time.Now())
	ws, _, err := websocket.Dial(ctx, req.URL.String(), &websocket.DialOptions{HTTPHeader: req.Header})
	return ws, err
}

// TestTheTimesOfEachRelease waits for all of them at once.
func TestTheTimesOfEachRelease(t *testing.T) {
	took := map[string][]bool{}
	var all sync.WaitGroup
	for _, release := range backendaitest.Releases() {
		server := start(t, backendaitest.Options{Release: release})
		took[release] = make([]bool, len(waits))
		for i, w := range waits {
			session, isLong := create(t, server, backendaitest.SessionSpec{}), &took[release][i]
			all.Go(func() {
				ctx, cancel := context.WithTimeout(t.Context(), long)
				defer cancel()
				*isLong = w.isLong(ctx, server, session)
			})
		}
	}
	all.Wait()
	for release, isLong := range took {
		for i, w := range waits {
			t.Run(release+"/"+w.name, func(t *testing.T) {
				if want := release == "26.9"; isLong[i] != want {
					t.Errorf("it takes long: %t, want %t", isLong[i], want)
				}
			})
		}
	}
}
