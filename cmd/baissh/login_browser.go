package main

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"strings"
	"time"

	"baissh/proxy/backendai"
)

// browserLimit is how long a person may take to sign in.
const browserLimit = 5 * time.Minute

// signInByBrowser leaves the sign-in to the page, which knows every way there is,
// and waits for it to hand over its login.
func (a *app) signInByBrowser(ctx context.Context, l *login) (made backendai.WebLogin, err error) {
	client, err := l.webClient(made)
	if err != nil {
		return made, err
	}
	defer client.Close()
	if !client.OffersBrowser(ctx) {
		return made, offersNoBrowser(l.endpoint)
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return made, err
	}
	back := newHandover()
	server := &http.Server{Handler: back, ReadHeaderTimeout: 10 * time.Second, ErrorLog: log.New(io.Discard, "", 0)}
	go server.Serve(ln) // ends with leave
	defer leave(server)
	_, port, _ := net.SplitHostPort(ln.Addr().String())
	a.sayBrowser(client.BrowserPage(port, back.state), back.code())
	ctx, cancel := context.WithTimeout(ctx, browserLimit)
	defer cancel()
	select {
	case made.SessionID = <-back.id:
		return l.whose(ctx, made)
	case <-ctx.Done():
		return made, noHandover()
	}
}

// leave lets the page have its answer.
func leave(server *http.Server) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	_ = server.Shutdown(ctx)
	_ = server.Close()
}

// A handover takes one login from a page that was told the state. Any page may ask.
type handover struct {
	state string
	id    chan string
}

func newHandover() *handover {
	var state [32]byte
	rand.Read(state[:])
	return &handover{state: hex.EncodeToString(state[:]), id: make(chan string, 1)}
}

// code is what the page shows, too, for a person to compare.
func (h *handover) code() string {
	sum := sha256.Sum256([]byte(h.state))
	return strings.ToUpper(hex.EncodeToString(sum[:]))[:6]
}

// maxHandover bounds what is read, in bytes.
const maxHandover = 64 << 10

func (h *handover) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	allowPages(w, r)
	switch {
	case r.Method == http.MethodOptions:
		w.WriteHeader(http.StatusNoContent)
	case r.Method != http.MethodPost || r.URL.Path != "/callback":
		h.reply(w, http.StatusNotFound, "nothing is here")
	default:
		h.take(w, r)
	}
}

// allowPages lets a page of another origin, and of the network, speak with us: it
// is the state that tells the right one.
func allowPages(w http.ResponseWriter, r *http.Request) {
	header := w.Header()
	header.Set("Access-Control-Allow-Origin", r.Header.Get("Origin"))
	header.Set("Access-Control-Allow-Methods", "POST, OPTIONS")
	header.Set("Access-Control-Allow-Headers", "content-type")
	header.Set("Access-Control-Allow-Private-Network", "true")
	header.Set("Vary", "Origin")
}

func (h *handover) take(w http.ResponseWriter, r *http.Request) {
	var said struct {
		SessionID string `json:"sessionId"`
		State     string `json:"state"`
	}
	err := json.NewDecoder(io.LimitReader(r.Body, maxHandover)).Decode(&said)
	switch {
	case err != nil, subtle.ConstantTimeCompare([]byte(said.State), []byte(h.state)) != 1:
		h.reply(w, http.StatusForbidden, "this is not the sign-in that baissh waits for")
	case said.SessionID == "":
		h.reply(w, http.StatusBadRequest, "there is no login in it")
	default:
		select {
		case h.id <- said.SessionID:
		default: // one was enough
		}
		h.reply(w, http.StatusOK, "baissh has the login. You can close this page.")
	}
}

func (h *handover) reply(w http.ResponseWriter, status int, words string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]any{"ok": status == http.StatusOK, "message": words})
}

// sayBrowser shows where to go on, and what to compare there.
func (a *app) sayBrowser(page, code string) {
	fmt.Fprintf(a.err, browserWords, page, code)
}
