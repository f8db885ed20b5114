//go:build unix

package control

import (
	"context"
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

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
	dir, err := os.MkdirTemp("", "bai")
	if err != nil {
		t.Fatal(err)
	}
	socket := filepath.Join(dir, "run", "control.sock")
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
		os.RemoveAll(dir)
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

func TestNobodyListens(t *testing.T) {
	dir := t.TempDir()
	c := clientOf(t, filepath.Join(dir, "not", "control.sock"))
	if _, err := c.Status(t.Context(), 0); !errors.Is(err, ErrNoEngine) {
		t.Errorf("got %v, want ErrNoEngine", err)
	}
}

// A socket that a crash left behind is replaced.
func TestStaleSocketIsReplaced(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "run", "control.sock")
	for range 2 {
		ln, err := Listen(path)
		if err != nil {
			t.Fatal(err)
		}
		ln.(*net.UnixListener).SetUnlinkOnClose(false)
		ln.Close()
	}
}

// Others could put a socket of theirs into a folder that they may enter.
func TestFolderOfOthersIsRefused(t *testing.T) {
	dir := t.TempDir()
	open := filepath.Join(dir, "open")
	if err := os.Mkdir(open, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(open, 0o755); err != nil {
		t.Fatal(err)
	}
	link := filepath.Join(dir, "link")
	if err := os.Symlink(t.TempDir(), link); err != nil {
		t.Fatal(err)
	}
	for _, folder := range []string{open, link} {
		if ln, err := Listen(filepath.Join(folder, "control.sock")); err == nil {
			ln.Close()
			t.Errorf("listened in %s", folder)
		}
		if _, err := clientOf(t, filepath.Join(folder, "control.sock")).Status(t.Context(), 0); err == nil || errors.Is(err, ErrNoEngine) {
			t.Errorf("a client in %s: %v", folder, err)
		}
	}
}
