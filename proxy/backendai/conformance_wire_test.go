package backendai_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"path"
	"strconv"
	"strings"
	"time"

	"github.com/coder/websocket"

	"baissh/proxy/backendai"
	"baissh/proxy/backendai/backendaitest/site"
)

// conformancePatience is for what takes seconds at most. Nothing depends on it but
// how late a trial fails.
const conformancePatience = 30 * time.Second

// A reply is what a manager answered.
type reply struct {
	status int
	slug   string // of a problem
	msg    string
	header http.Header
	body   []byte
}

// request is one that a user has not signed yet.
func (tr *trial) request(method, target, body string) *http.Request {
	tr.Helper()
	req, err := http.NewRequestWithContext(tr.Context(), method, tr.URL()+target, strings.NewReader(body))
	if err != nil {
		tr.Fatal(err)
	}
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	return req
}

// ask sends a signed request.
func (tr *trial) ask(who site.User, method, target, body string) reply {
	tr.Helper()
	req := tr.request(method, target, body)
	backendai.Sign(tr.keys(who), req, time.Now())
	return tr.send(req)
}

func (tr *trial) send(req *http.Request) reply {
	tr.Helper()
	resp, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		tr.Fatal(err)
	}
	return tr.read(resp)
}

func (tr *trial) read(resp *http.Response) reply {
	tr.Helper()
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		tr.Fatal(err)
	}
	var problem struct{ Type, Msg string }
	_ = json.Unmarshal(body, &problem) // most answers are none
	r := reply{status: resp.StatusCode, msg: problem.Msg, header: resp.Header, body: body}
	if problem.Type != "" {
		r.slug = path.Base(problem.Type)
	}
	return r
}

// An answer is what is to be told from others: a status and, of problems, a slug.
type answer struct {
	status int
	slug   string
}

var (
	good         = answer{http.StatusOK, ""}
	granted      = answer{http.StatusSwitchingProtocols, ""}
	noSession    = answer{http.StatusNotFound, "object-not-found"}
	noEntity     = answer{http.StatusNotFound, "entity-not-found"}
	tooMany      = answer{http.StatusNotFound, "too-many-sessions-matched"}
	forbidden    = answer{http.StatusForbidden, "not-enough-permission"}
	notSignedIn  = answer{http.StatusUnauthorized, "auth-failed"}
	wrongParams  = answer{http.StatusBadRequest, "invalid-api-params"}
	badRequest   = answer{http.StatusBadRequest, "generic-bad-request"}
	wrongMethod  = answer{http.StatusMethodNotAllowed, "method-not-allowed"}
	renamed      = answer{http.StatusNoContent, ""}
	alreadyThere = answer{http.StatusBadRequest, "session-already-exists"}
	brokenServer = answer{http.StatusInternalServerError, "internal-server-error"}
)

// want holds a reply against an answer.
func (tr *trial) want(r reply, want answer) {
	tr.Helper()
	if got := (answer{r.status, r.slug}); got != want {
		tr.Errorf("got %v, want %v: %.300s", got, want, r.body)
	}
	if media := r.header.Get("Content-Type"); want.slug != "" && !strings.HasPrefix(media, "application/problem+json") {
		tr.Errorf("the problem comes as %q", media)
	}
}

// open asks for a tunnel, and returns it or the refusal.
func (tr *trial) open(who site.User, target string) (*websocket.Conn, reply) {
	tr.Helper()
	req := tr.request(http.MethodGet, target, "")
	backendai.Sign(tr.keys(who), req, time.Now())
	ctx, cancel := context.WithTimeout(tr.Context(), conformancePatience)
	defer cancel()
	ws, resp, err := websocket.Dial(ctx, req.URL.String(), &websocket.DialOptions{HTTPHeader: req.Header})
	if err != nil && resp == nil {
		tr.Fatal(err)
	}
	if err != nil {
		return nil, tr.read(resp)
	}
	ws.SetReadLimit(-1)
	tr.Cleanup(func() { ws.CloseNow() })
	return ws, reply{status: resp.StatusCode, header: resp.Header}
}

// tunnel opens one that the manager grants.
func (tr *trial) tunnel(s site.Session) *websocket.Conn {
	tr.Helper()
	ws, refusal := tr.open(site.Alice, sshdOf(s.ID()))
	if ws == nil {
		tr.Fatalf("refused: %d %s", refusal.status, refusal.body)
	}
	return ws
}

func sshdOf(id string) string { return "/stream/session/" + id + "/tcpproxy?app=sshd" }

// banner reads the first words of the ssh server, none if the tunnel ends first.
func (tr *trial) banner(ws *websocket.Conn) string {
	tr.Helper()
	ctx, cancel := context.WithTimeout(tr.Context(), conformancePatience)
	defer cancel()
	_, message, err := ws.Read(ctx)
	if ctx.Err() != nil {
		tr.Fatal("neither a word nor an end")
	}
	if err != nil {
		return ""
	}
	line, _, _ := bytes.Cut(message, []byte("\r\n"))
	return string(line)
}

// endOf reads a tunnel to its end, and says which it was: a close code, or "FIN".
func (tr *trial) endOf(ws *websocket.Conn) string {
	tr.Helper()
	_, end := tr.readOut(ws)
	return end
}

// readOut counts what there is to read, too.
func (tr *trial) readOut(ws *websocket.Conn) (heard int, end string) {
	tr.Helper()
	ctx, cancel := context.WithTimeout(tr.Context(), conformancePatience)
	defer cancel()
	for {
		_, message, err := ws.Read(ctx)
		heard += len(message)
		switch {
		case err == nil:
		case ctx.Err() != nil:
			tr.Fatal("the tunnel does not end")
		case websocket.CloseStatus(err) != -1:
			return heard, strconv.Itoa(int(websocket.CloseStatus(err)))
		case errors.Is(err, io.EOF):
			return heard, "FIN"
		default:
			return heard, err.Error()
		}
	}
}

// eventually waits until a condition holds.
func (tr *trial) eventually(what string, holds func() bool) {
	tr.Helper()
	ctx, cancel := context.WithTimeout(tr.Context(), conformancePatience)
	defer cancel()
	for !holds() {
		select {
		case <-time.After(20 * time.Millisecond):
		case <-ctx.Done():
			tr.Fatalf("not within %s: %s", conformancePatience, what)
		}
	}
}
