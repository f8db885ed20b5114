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

// since are the calls since a time whose path has this end.
func (w *wire) since(from time.Time, suffix string) (calls []*wireCall) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, c := range w.log {
		if !c.time.Before(from) && strings.HasSuffix(c.path, suffix) {
			calls = append(calls, c)
		}
	}
	return calls
}

// What goes to a real manager or web server: nothing but a list a minute while nothing
// happens, and of twenty clients who come at once each gets in, none by an ssh server that
// is full. The user is one for whom nothing else happens.
func wantCleanWire(t *testing.T, backend site.Site) {
	wires := map[mode]*wire{modes[0]: newWire(t, backend.URL()), modes[1]: newWire(t, backend.WebURL())}
	w := newSiteWorld(t, onWires{backend, wires}, site.Bob, modes...)
	names := []string{"wired-a", "wired-b", "wired-c"}
	for _, name := range names {
		w.makes(site.Spec{Name: name})
		w.bothReady(name)
	}
	w.eventually("their starts have no more sequel", func() bool {
		return time.Since(wires[modes[0]].last()) > 3*time.Second && time.Since(wires[modes[1]].last()) > 3*time.Second
	})
	quiet := time.Now()
	lasts(62 * time.Second)
	for m, between := range wires {
		all, lists := between.since(quiet, ""), between.since(quiet, "/admin/gql")
		if len(lists) < 1 || len(lists) > 2 || len(all) != len(lists) {
			t.Errorf("%s: %d lists of %d calls: %+v", m.name, len(lists), len(all), all)
		}
	}
	const clients = 20
	w.inBothModes(names[0], func(m mode, alias string) {
		begun := time.Now()
		w.manyLogIn(alias, clients)
		t.Logf("%s: %d clients were in and out within %s", m.name, clients, time.Since(begun))
		if n := len(wires[m].since(begun, "/tcpproxy")); n != clients {
			t.Errorf("%s: %d tunnels for %d clients", m.name, n, clients)
		}
		wires[m].clean(t, len(names)+clients)
	})
}

// onWires is a site that is reached over them.
type onWires struct {
	site.Site
	wires map[mode]*wire
}

func (o onWires) URL() string    { return o.wires[modes[0]].URL }
func (o onWires) WebURL() string { return o.wires[modes[1]].URL }

func (w *siteWorld) manyLogIn(alias string, clients int) {
	w.Helper()
	var all sync.WaitGroup
	for i := range clients {
		all.Go(func() {
			if r := w.ssh(alias, "id -un"); r.err != nil || strings.TrimSpace(r.out) != w.site.Account() {
				w.Errorf("client %d: %v: %s%s", i, r.err, r.out, r.complaint)
			}
		})
	}
	all.Wait()
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
	for _, c := range w.since(start, "/tcpproxy") {
		const banner = 8 // bytes, and a close frame has fewer
		if c.said.Load() < banner {
			t.Errorf("a tunnel ended before a greeting: %+v", c)
		}
	}
	if n := len(w.since(start, "/tcpproxy")); n != tunnels {
		t.Errorf("%d tunnels, want %d", n, tunnels)
	}
	if n := len(w.since(start, "/events/session")); n != 1 {
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
