package control

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"baissh/proxy/state"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// A fakeEngine has one host, and nothing of it ever changes.
type fakeEngine struct {
	reloads int
	policy  state.Policy
}

func (e *fakeEngine) Status(ctx context.Context, index uint64) *state.Snapshot {
	if index >= 7 {
		<-ctx.Done()
	}
	return &state.Snapshot{Index: 7, Hosts: []state.Host{{Alias: "bai-one"}}}
}

func (e *fakeEngine) Enable(_ context.Context, word string, on bool) (state.Host, error) {
	if word != "one" {
		return state.Host{}, state.Unknown(word)
	}
	return state.Host{Alias: "bai-one", Enabled: on}, nil
}

func (e *fakeEngine) SetPolicy(_ context.Context, p state.Policy) error { e.policy = p; return nil }

func (e *fakeEngine) Reload(context.Context) error { e.reloads++; return nil }

// serve answers on a socket of its own until the test ends, and returns its path.
func serve(t *testing.T, e Engine) string {
	t.Helper()
	socket := freeSocket(t)
	ln, err := Listen(socket)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- Serve(ctx, ln, e, "9.9") }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return socket
}

func clientOf(t *testing.T, socket string) *Client {
	c := NewClient(socket)
	t.Cleanup(c.Close)
	return c
}

func TestEveryRequest(t *testing.T) {
	e := &fakeEngine{}
	c := clientOf(t, serve(t, e))
	s, err := c.Status(t.Context(), 0)
	if err != nil || s.Index != 7 || len(s.Hosts) != 1 || s.Hosts[0].Alias != "bai-one" {
		t.Errorf("status: %+v, %v", s, err)
	}
	if h, err := c.Enable(t.Context(), "one", true); err != nil || !h.Enabled {
		t.Errorf("enable: %+v, %v", h, err)
	}
	if err := c.Reload(t.Context()); err != nil || e.reloads != 1 {
		t.Errorf("reload: %v, %d times", err, e.reloads)
	}
	if err := c.SetPolicy(t.Context(), state.Manual); err != nil || e.policy != state.Manual {
		t.Errorf("policy: %v, it is %q", err, e.policy)
	}
	if err := c.SetPolicy(t.Context(), "perhaps"); err == nil || e.policy != state.Manual {
		t.Errorf("a policy that does not exist: %v, it is %q", err, e.policy)
	}
	var p *state.Problem
	if _, err := c.Enable(t.Context(), "nobody", true); !errors.As(err, &p) || p.Code != state.NoSuchSession || p.Hint == "" {
		t.Errorf("a problem arrived as %v", err)
	}
}

// A face and an engine of different releases understand each other's sentence.
func TestOtherVersionsGetASentence(t *testing.T) {
	c := clientOf(t, serve(t, &fakeEngine{}))
	for path, want := range map[string]string{
		"/v0/status": "is newer than this program",
		"/v1/undo":   "is older than this program",
		"/v2/status": "is older than this program",
	} {
		var p *state.Problem
		err := c.do(t.Context(), "GET", path, nil, &struct{}{})
		if !errors.As(err, &p) || p.Code != state.VersionMismatch || !strings.Contains(p.Fact, "(9.9) "+want) || p.Hint == "" {
			t.Errorf("%s: %v, want that the engine %s", path, err, want)
		}
	}
}

// Whoever waits for a change does not keep the engine from ending.
func TestAWaitEndsWithTheServer(t *testing.T) {
	c := clientOf(t, serve(t, &fakeEngine{}))
	ctx, cancel := context.WithCancel(t.Context())
	waiting := make(chan error, 1)
	go func() { _, err := c.Status(ctx, 7); waiting <- err }()
	cancel()
	if err := <-waiting; !errors.Is(err, context.Canceled) {
		t.Errorf("the wait ended with %v", err)
	}
}

// Nor does it, where nobody stops waiting.
func TestTheServerEndsAWait(t *testing.T) {
	ln, err := Listen(freeSocket(t))
	if err != nil {
		t.Fatal(err)
	}
	e := &waitedFor{asked: make(chan struct{})}
	ctx, stop := context.WithCancel(t.Context())
	served := make(chan error, 1)
	go func() { served <- Serve(ctx, ln, e, "9.9") }()
	waiting := make(chan error, 1)
	c := clientOf(t, ln.Addr().String())
	go func() { _, err := c.Status(t.Context(), 7); waiting <- err }()
	<-e.asked
	stop()
	if err := <-served; err != nil {
		t.Errorf("the server ended with %v", err)
	}
	if err := <-waiting; err != nil {
		t.Errorf("the last answer: %v", err)
	}
	if _, err := c.Status(t.Context(), 0); !errors.Is(err, ErrNoEngine) {
		t.Errorf("after the end: %v, want ErrNoEngine", err)
	}
}

// A waitedFor says when somebody waits for a change of it.
type waitedFor struct {
	fakeEngine
	asked chan struct{}
}

func (e *waitedFor) Status(ctx context.Context, index uint64) *state.Snapshot {
	if index >= 7 {
		close(e.asked)
	}
	return e.fakeEngine.Status(ctx, index)
}

func TestManyClientsAtOnce(t *testing.T) {
	socket := serve(t, &fakeEngine{})
	const clients = 30
	results := make(chan error, clients)
	for range clients {
		go func() {
			c := NewClient(socket)
			defer c.Close()
			_, err := c.Status(t.Context(), 0)
			results <- err
		}()
	}
	for range clients {
		if err := <-results; err != nil {
			t.Error(err)
		}
	}
}

func TestNobodyListens(t *testing.T) {
	c := clientOf(t, freeSocket(t))
	if _, err := c.Status(t.Context(), 0); !errors.Is(err, ErrNoEngine) {
		t.Errorf("got %v, want ErrNoEngine", err)
	}
}

// An engine that has stopped in its tracks does not hold its user.
func TestASilentEngine(t *testing.T) {
	socket := freeSocket(t)
	ln, err := Listen(socket)
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	c := clientOf(t, socket)
	c.silent = 50 * time.Millisecond
	if _, err := c.Status(t.Context(), 0); !errors.Is(err, ErrSilent) {
		t.Errorf("got %v, want ErrSilent", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := c.Status(ctx, 0); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want the caller's own end", err)
	}
}
