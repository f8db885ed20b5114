//go:build real

package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"baissh/proxy/backendai/backendaitest/site"
)

// A wire lies between an engine and a real manager, and keeps a log of what goes over it.
type wire struct {
	*httptest.Server
	mu  sync.Mutex // guards what follows
	log []*wireCall
}

// A wireCall is one request, and what the ssh server said if it became a tunnel.
type wireCall struct {
	method, path string
	time         time.Time
	status       int
	said         atomic.Int64 // bytes from behind
}

func newWire(t *testing.T, manager string) *wire {
	t.Helper()
	to, err := url.Parse(manager)
	if err != nil {
		t.Fatal(err)
	}
	w := &wire{}
	w.Server = httptest.NewServer(&httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(to)
			r.Out.Host = r.In.Host // which is signed
		},
		FlushInterval:  -1,
		ModifyResponse: w.note,
	})
	t.Cleanup(w.Close)
	return w
}

func (w *wire) note(r *http.Response) error {
	c := &wireCall{method: r.Request.Method, path: r.Request.URL.Path, time: time.Now(), status: r.StatusCode}
	w.mu.Lock()
	w.log = append(w.log, c)
	w.mu.Unlock()
	if tunnel, ok := r.Body.(io.ReadWriteCloser); ok {
		r.Body = &heardTunnel{tunnel, c}
	}
	return nil
}

type heardTunnel struct {
	io.ReadWriteCloser
	call *wireCall
}

func (h *heardTunnel) Read(p []byte) (int, error) {
	n, err := h.ReadWriteCloser.Read(p)
	h.call.said.Add(int64(n))
	return n, err
}

// since are the calls of a method and the end of a path since a time.
func (w *wire) since(from time.Time, method, suffix string) (calls []*wireCall) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, c := range w.log {
		if !c.time.Before(from) && c.method == method && strings.HasSuffix(c.path, suffix) {
			calls = append(calls, c)
		}
	}
	return calls
}

// What goes to a real manager: nothing but a list a minute while nothing happens, and of
// twenty clients who come at once each gets in, none by an ssh server that is full. The
// user is one for whom nothing else happens.
func wantCleanWire(t *testing.T, backend site.Site) {
	const clients, quiet = 20, 62 * time.Second
	between := newWire(t, backend.URL())
	w := &siteWorld{newHome(t), backend, site.Bob, modes[:1]}
	access, secret := backend.KeyPair(w.who)
	w.baissh(secret, "login", between.URL, "--access-key", access, "--secret-key-stdin", "--write-ssh-config=yes")
	w.set("profiles.default", "account", backend.Account())
	w.start()
	names := []string{"bai-wired-a", "bai-wired-b", "bai-wired-c"}
	for _, alias := range names {
		w.makes(site.Spec{Name: strings.TrimPrefix(alias, "bai-")})
		w.ready(alias)
	}
	w.eventually("their starts have no more sequel", func() bool { return time.Since(between.last()) > 3*time.Second })
	from := time.Now()
	lasts(quiet)
	lists := between.since(from, "POST", "/admin/gql")
	if all := between.since(from, "GET", ""); len(all) > 0 || len(lists) < 1 || len(lists) > 2 {
		t.Errorf("%d lists, and %d other calls: %+v", len(lists), len(all), all)
	}
	begun := time.Now()
	var all sync.WaitGroup
	for i := range clients {
		all.Go(func() {
			if r := w.ssh(names[0], "id -un"); r.err != nil || strings.TrimSpace(r.out) != backend.Account() {
				t.Errorf("client %d: %v: %s%s", i, r.err, r.out, r.complaint)
			}
		})
	}
	all.Wait()
	t.Logf("%d clients were in and out within %s", clients, time.Since(begun))
	if n := len(between.since(begun, "GET", "/tcpproxy")); n != clients {
		t.Errorf("%d tunnels for %d clients", n, clients)
	}
	between.clean(t, len(names)+clients)
}

// last is when something was last asked for.
func (w *wire) last() (last time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, c := range w.log {
		if c.time.After(last) {
			last = c.time
		}
	}
	return last
}

// clean looks at all that there was.
func (w *wire) clean(t *testing.T, tunnels int) {
	t.Helper()
	var start time.Time
	for _, c := range w.since(start, "GET", "/tcpproxy") {
		const banner = 8 // bytes, and a close frame has fewer
		if c.said.Load() < banner {
			t.Errorf("a tunnel ended before a greeting: %+v", c)
		}
	}
	if n := len(w.since(start, "GET", "/tcpproxy")); n != tunnels {
		t.Errorf("%d tunnels, want %d", n, tunnels)
	}
	if n := len(w.since(start, "GET", "/events/session")); n != 1 {
		t.Errorf("%d event streams", n)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, c := range w.log {
		if c.status == http.StatusTooManyRequests {
			t.Errorf("%s %s was too much", c.method, c.path)
		}
	}
}
