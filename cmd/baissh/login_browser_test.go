package main

import (
	"crypto/sha256"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"baissh/proxy/backendai/backendaitest"
)

// pageWords is what a person is shown.
var pageWords = regexp.MustCompile(`(?s)(http://\S+)/cli-login\?port=(\d+)&state=([0-9a-f]{64})\n.*: ([0-9A-F]{6})\n`)

// A browser on this machine hands over the login that its page has, and keeps it.
func TestSigningInByBrowser(t *testing.T) {
	w := newQuietWorld(t, backendaitest.Options{BrowserLogin: true})
	id := w.manager.LogIn()
	said := &syncBuffer{}
	ended := make(chan int, 1)
	go func() {
		ended <- run(t.Context(), []string{"--home", w.home.Dir, "login", w.manager.WebURL(), "--browser"}, nil, io.Discard, said)
	}()
	w.eventually("the page is named", func() bool { return pageWords.MatchString(said.String()) || len(ended) > 0 })
	shown := pageWords.FindStringSubmatch(said.String())
	if shown == nil {
		t.Fatal(said)
	}
	if sum := fmt.Sprintf("%X", sha256.Sum256([]byte(shown[3]))); shown[1] != w.manager.WebURL() || shown[4] != sum[:6] {
		t.Errorf("%s with the code %s, want %s", shown[1], shown[4], sum[:6])
	}
	port := shown[2]
	if status, header := w.page(http.MethodOptions, port, ""); status != 204 || header.Get("Access-Control-Allow-Origin") != w.manager.WebURL() ||
		header.Get("Access-Control-Allow-Private-Network") != "true" {
		t.Errorf("a page that asks first: %d, %v", status, header)
	}
	for _, body := range []string{"", "{}", `{"state":"` + strings.Repeat("0", 64) + `","sessionId":"` + id + `"}`} {
		if status, _ := w.page(http.MethodPost, port, body); status != 403 {
			t.Errorf("%q: %d, want 403", body, status)
		}
	}
	if status, _ := w.page(http.MethodPost, port, `{"state":"`+shown[3]+`","sessionId":"`+id+`","email":"user@example.com"}`); status != 200 {
		t.Errorf("the right one: %d", status)
	}
	if code := <-ended; code != exitOK {
		t.Fatalf("status %d: %s", code, said)
	}
	if out := w.baissh("", "logout"); !strings.Contains(out, "goes on where it was made") || w.manager.Logins() != 1 {
		t.Errorf("%q, and %d logins", out, w.manager.Logins())
	}
}

// page is what the web server's page does in a browser.
func (w *world) page(method, port, body string) (int, http.Header) {
	w.Helper()
	req, err := http.NewRequestWithContext(w.Context(), method, "http://127.0.0.1:"+port+"/callback", strings.NewReader(body))
	if err != nil {
		w.Fatal(err)
	}
	req.Header.Set("Origin", w.manager.WebURL())
	transport := &http.Transport{}
	defer transport.CloseIdleConnections()
	resp, err := transport.RoundTrip(req)
	if err != nil {
		w.Fatal(err)
	}
	defer resp.Body.Close()
	return resp.StatusCode, resp.Header
}

func TestWhereNoBrowserIsOffered(t *testing.T) {
	w := newQuietWorld(t, backendaitest.Options{})
	said := &syncBuffer{}
	code := run(t.Context(), []string{"--home", w.home.Dir, "login", w.manager.WebURL(), "--browser"}, nil, io.Discard, said)
	if code != exitFailed || !strings.Contains(said.String(), "does not offer a sign-in by browser") || !strings.Contains(said.String(), "--session-id-stdin") {
		t.Errorf("status %d: %s", code, said)
	}
}
