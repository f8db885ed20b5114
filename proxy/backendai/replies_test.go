package backendai

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const anID = "1f7a6d2e-3b0c-4b4e-9d51-0a5f2c9e8b77"

// answering returns a client of a server that answers every request with h.
func answering(t *testing.T, h http.HandlerFunc) *Client {
	t.Helper()
	return answeringTo(t, Config{Keys: KeyPair{"AKIA", "secret"}}, h)
}

// answeringLogin is answering, for a client with a login.
func answeringLogin(t *testing.T, h http.HandlerFunc) *Client {
	t.Helper()
	return answeringTo(t, Config{Login: &WebLogin{AccessKey: "AKIA", SessionID: "secret"}}, h)
}

func answeringTo(t *testing.T, conf Config, h http.HandlerFunc) *Client {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	conf.Endpoint = server.URL
	c, err := New(conf)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// calls are all that a client can ask for.
var calls = map[string]func(context.Context, *Client) error{
	"hello":    func(ctx context.Context, c *Client) error { _, err := c.Hello(ctx); return err },
	"key pair": func(ctx context.Context, c *Client) error { return c.CheckAccess(ctx) },
	"list":     func(ctx context.Context, c *Client) error { _, err := c.Sessions(ctx); return err },
	"look-up":  func(ctx context.Context, c *Client) error { _, err := c.Lookup(ctx, anID); return err },
	"events":   func(ctx context.Context, c *Client) error { return c.Events(ctx, func() {}, func(Event) {}) },
	"key":      func(ctx context.Context, c *Client) error { _, err := c.DownloadKey(ctx, anID); return err },
	"tunnel":   func(ctx context.Context, c *Client) error { _, err := c.Dial(ctx, anID); return err },
}

func reply(status int, contentType, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", contentType)
		w.WriteHeader(status)
		fmt.Fprint(w, body)
	}
}

const problemType = "application/problem+json"

func slug(s string) string {
	return fmt.Sprintf(`{"type":"https://api.backend.ai/probs/%s","title":"Said by the server."}`, s)
}

// Each call meets each answer; what a caller has to decide on must come out.
func TestAnswersFallIntoClasses(t *testing.T) {
	tests := map[string]struct {
		answer http.HandlerFunc
		want   Kind
	}{
		"refused key":       {reply(401, problemType, slug("auth-failed")), SignIn},
		"no such session":   {reply(404, problemType, slug("object-not-found")), Gone},
		"ended, 26.9":       {reply(404, problemType, slug("entity-not-found")), Gone},
		"not mine, 26.9":    {reply(403, problemType, slug("not-enough-permission")), Gone},
		"no such URL":       {reply(404, problemType, slug("url-not-found")), Refused},
		"forbidden":         {reply(403, problemType, slug("generic-forbidden")), Refused},
		"bad parameters":    {reply(412, problemType, slug("quota-exceeded")), Refused},
		"manager frozen":    {reply(503, problemType, slug("server-frozen")), Retry},
		"gateway, HTML":     {reply(502, "text/html", "<html>bad gateway</html>"), Retry},
		"gateway timeout":   {reply(504, "text/html", "<html>"), Retry},
		"rate limit":        {reply(429, problemType, slug("rate-limit-exceeded")), Limited},
		"another web's 404": {reply(404, "text/html", "<html>not found</html>"), Garbage},
		"another web's 401": {reply(401, "text/html", "<html>log in</html>"), Garbage},
		"a redirect":        {reply(302, "text/html", "elsewhere"), Garbage},
		"a page":            {reply(200, "text/html", "<html>welcome</html>"), Garbage},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			c := answering(t, tt.answer)
			for call, try := range calls {
				if name == "a page" && call == "key pair" {
					continue // its body is of no interest: it was given, which is all that was asked
				}
				err := try(t.Context(), c)
				if err == nil || KindOf(err) != tt.want {
					t.Errorf("%s: %v is of kind %q, want %q", call, err, KindOf(err), tt.want)
				}
				if err != nil && strings.Contains(err.Error(), "<html") {
					t.Errorf("%s: HTML in the error: %v", call, err)
				}
			}
		})
	}
}

// Some web servers refuse a dead login with status 200, by the body alone. To a key pair
// such a body is an answer as any other.
func TestARefusalWithStatus200(t *testing.T) {
	refusal := reply(200, "application/json", slug("auth-failed"))
	login := answeringLogin(t, refusal)
	for _, call := range []string{"key pair", "list", "look-up", "key"} {
		err := calls[call](t.Context(), login)
		if KindOf(err) != SignIn || !errors.Is(err, ErrLoginEnded) {
			t.Errorf("%s: %v is of kind %q, want %q", call, err, KindOf(err), SignIn)
		}
		if err := calls[call](t.Context(), answering(t, refusal)); KindOf(err) == SignIn {
			t.Errorf("%s with a key pair: %v", call, err)
		}
	}
	for what, body := range map[string]string{"another problem": slug("not-found"), "no problem": "{}", "no JSON": "-----BEGIN"} {
		if err := answeringLogin(t, reply(200, "application/json", body)).CheckAccess(t.Context()); err != nil {
			t.Errorf("%s: %v", what, err)
		}
	}
}

// A list that makes no sense is an error, never a shorter list.
func TestListIsWholeOrAnError(t *testing.T) {
	row := func(edit func(string) string) string {
		return edit(`{"data":{"compute_session_list":{"items":[{"id":"` + anID + `","name":"train","type":"INTERACTIVE",` +
			`"status":"RUNNING","access_key":"AKIA","service_ports":null,"containers":[]}],"total_count":1}}}`)
	}
	replace := func(old, now string) func(string) string {
		return func(s string) string { return strings.Replace(s, old, now, 1) }
	}
	tests := map[string]struct {
		body string
		want Kind // "" for a good list
	}{
		"good":           {row(replace("", "")), ""},
		"null service":   {row(replace("null", `"not JSON"`)), ""},
		"unknown keys":   {row(replace(`"name"`, `"shape":[1],"name"`)), ""},
		"cut short":      {row(func(s string) string { return s[:len(s)/2] }), Garbage},
		"empty":          {"", Garbage},
		"a list of":      {"[]", Garbage},
		"null data":      {`{"data":null}`, Garbage},
		"null list":      {`{"data":{"compute_session_list":null}}`, Garbage},
		"errors":         {`{"data":null,"errors":[{"message":"Cannot query field"}]}`, Refused},
		"no total":       {row(replace(`"total_count"`, `"count"`)), Garbage},
		"items no list":  {row(func(s string) string { return strings.Replace(s, `[{"id"`, `{"a":{"id"`, 1) }), Garbage},
		"a number as id": {row(replace(`"`+anID+`"`, "7")), Garbage},
		"no id":          {row(replace(`"id"`, `"ident"`)), Garbage},
		"path as id":     {row(replace(anID, "../../auth")), Garbage},
		"number as name": {row(replace(`"train"`, "7")), Garbage},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			c := answering(t, reply(200, "application/json", tt.body))
			sessions, err := c.Sessions(t.Context())
			switch {
			case tt.want == "" && (err != nil || len(sessions) != 1):
				t.Errorf("got %v, %v, want one session", sessions, err)
			case tt.want != "" && (err == nil || KindOf(err) != tt.want):
				t.Errorf("got %v, %v, want an error of kind %q", sessions, err, tt.want)
			}
		})
	}
}

func TestEndlessAnswerIsGivenUp(t *testing.T) {
	c := answering(t, func(w http.ResponseWriter, r *http.Request) {
		block := make([]byte, 1<<20)
		for range 64 {
			if _, err := w.Write(block); err != nil {
				return
			}
		}
	})
	if _, err := c.Sessions(t.Context()); KindOf(err) != Garbage {
		t.Errorf("got %v, want garbage", err)
	}
}

func TestCutConnectionIsTheNetworks(t *testing.T) {
	c := answering(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Length", "1000")
		fmt.Fprint(w, `{"data":`)
	})
	if _, err := c.Sessions(t.Context()); err == nil || KindOf(err) != Retry {
		t.Errorf("got %v, want an error of the network", err)
	}
}

// A proxy cuts an idle connection in the moment in which the next list is asked for.
func TestAnIdleConnectionThatIsCutIsNoTrouble(t *testing.T) {
	known := map[string]bool{}
	c := answering(t, func(w http.ResponseWriter, r *http.Request) {
		if known[r.RemoteAddr] {
			panic(http.ErrAbortHandler)
		}
		known[r.RemoteAddr] = true
		reply(200, "application/json", `{"data":{"compute_session_list":{"items":[],"total_count":0}}}`)(w, r)
	})
	for range 3 {
		if _, err := c.Sessions(t.Context()); err != nil {
			t.Error(err)
		}
	}
	if len(known) != 3 {
		t.Errorf("%d connections, want one a list", len(known))
	}
}

func TestCallsEndWithTheirContext(t *testing.T) {
	for name, try := range calls {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			c := answering(t, func(_ http.ResponseWriter, r *http.Request) {
				io.Copy(io.Discard, r.Body) // else the server does not notice that the client leaves
				cancel()                    // the answer never comes, and nobody waits for it
				<-r.Context().Done()
			})
			if err := try(ctx, c); !errors.Is(err, context.Canceled) {
				t.Errorf("got %v, want the context's end", err)
			}
		})
	}
}

func TestClockIsCorrectedOnce(t *testing.T) {
	for _, skew := range []time.Duration{-20 * time.Minute, 20 * time.Minute} {
		tries := 0
		c := answering(t, func(w http.ResponseWriter, r *http.Request) {
			tries++
			now := time.Now().Add(skew)
			w.Header().Set("Date", now.UTC().Format(http.TimeFormat))
			said, err := time.Parse(dateLayout, r.Header.Get("Date"))
			if err != nil || said.Sub(now).Abs() > 15*time.Minute {
				reply(400, problemType, slug("invalid-auth-params"))(w, r)
				return
			}
			reply(200, "application/json", `{"status":"RUNNING"}`)(w, r)
		})
		if status, err := c.Lookup(t.Context(), anID); status != "RUNNING" || tries != 2 {
			t.Errorf("skew %s: got %q, %v after %d tries, want RUNNING after 2", skew, status, err, tries)
		}
	}
}

func TestRefusedDateIsNotTriedForever(t *testing.T) {
	tries := 0
	c := answering(t, func(w http.ResponseWriter, r *http.Request) {
		tries++
		reply(400, problemType, slug("invalid-auth-params"))(w, r)
	})
	if _, err := c.Lookup(t.Context(), anID); err == nil || tries != 1 {
		t.Errorf("got %v after %d tries, want an error after 1: the clocks agree", err, tries)
	}
}

func TestRateLimitSaysHowLong(t *testing.T) {
	c := answering(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-RateLimit-Reset", "77")
		reply(429, problemType, slug("rate-limit-exceeded"))(w, r)
	})
	var e *Error
	if _, err := c.Sessions(t.Context()); !errors.As(err, &e) || e.RetryAfter != 77*time.Second {
		t.Errorf("got %v, want 77 s", err)
	}
}
