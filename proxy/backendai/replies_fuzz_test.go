package backendai

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

// said is a server that has one answer for everything.
type said struct {
	status int
	media  string
	body   io.Reader
}

func (s said) RoundTrip(r *http.Request) (*http.Response, error) {
	return &http.Response{
		StatusCode: s.status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Request: r,
		Header: http.Header{"Content-Type": {s.media}}, Body: io.NopCloser(s.body),
	}, nil
}

// hearing is a client of that server.
func hearing(t *testing.T, s said) *Client {
	t.Helper()
	c, err := New(Config{Endpoint: "http://127.0.0.1:1", Keys: KeyPair{"AKIA", "not to be told"}})
	if err != nil {
		t.Fatal(err)
	}
	c.http.Transport = s
	return c
}

// Whatever a server says: nothing is made of it but sessions with ids of their own, an
// answer without an error code ends no session, and errors are one harmless line.
func FuzzReplies(f *testing.F) {
	f.Fuzz(func(t *testing.T, status uint16, media string, body []byte) {
		if status < 200 || status > 599 { // net/http lets nothing else through
			return
		}
		for name, call := range calls {
			c := hearing(t, said{int(status), media, bytes.NewReader(body)})
			err := call(t.Context(), c)
			if err == nil {
				continue
			}
			if harmful(err.Error()) {
				t.Errorf("%s: the error is %q", name, err)
			}
			if KindOf(err) == Gone && status != http.StatusNotFound && status != http.StatusForbidden {
				t.Errorf("%s: status %d ends a session", name, status)
			}
		}
		checkList(t, said{int(status), media, bytes.NewReader(body)})
	})
}

func checkList(t *testing.T, s said) {
	t.Helper()
	sessions, err := hearing(t, s).Sessions(t.Context())
	if err != nil && sessions != nil {
		t.Errorf("half a list: %v", sessions)
	}
	seen := map[string]bool{}
	for _, s := range sessions {
		if !uuidPattern.MatchString(s.ID) || seen[s.ID] {
			t.Errorf("a session with the id %q", s.ID)
		}
		seen[s.ID] = true
	}
}

func harmful(line string) bool {
	return !utf8.ValidString(line) || strings.ContainsFunc(line, unicode.IsControl) || strings.Contains(line, "not to be told")
}

// Events mean the same in whichever pieces they arrive, and others' are dropped.
func FuzzEvents(f *testing.F) {
	f.Fuzz(func(t *testing.T, stream []byte, cut uint) {
		cut = min(cut, uint(len(stream)))
		whole := told(t, bytes.NewReader(stream))
		pieces := told(t, io.MultiReader(bytes.NewReader(stream[:cut]), bytes.NewReader(stream[cut:])))
		if len(whole) != len(pieces) {
			t.Fatalf("%d events, and %d in pieces", len(whole), len(pieces))
		}
		for i := range whole {
			if whole[i] != pieces[i] {
				t.Errorf("event %d is %+v, and %+v in pieces", i, whole[i], pieces[i])
			}
		}
		if len(whole) > 0 && !bytes.Contains(stream, []byte("data")) {
			t.Errorf("%+v came of nothing", whole)
		}
	})
}

func told(t *testing.T, stream io.Reader) (events []Event) {
	t.Helper()
	c := hearing(t, said{http.StatusOK, "text/event-stream", stream})
	err := c.Events(context.Background(), func() {}, func(e Event) { events = append(events, e) })
	if err == nil {
		t.Error("a stream that ended is no error")
	}
	return events
}
