package backendai

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"time"

	"github.com/tmaxmax/go-sse"
)

// streamSilence is how long a stream may send nothing at all. The manager sends
// a comment every 15 s, so three missed ones mean that the stream is dead.
const streamSilence = 45 * time.Second

// maxEvent bounds one event, in bytes.
const maxEvent = 256 << 10

// An Event says that something happened to a session. It is a hint: events are
// missing, doubled and named differently by release, and there is no replay.
type Event struct {
	Name      string
	SessionID string
}

// Events opens one event stream and reads it until it ends, which it always
// does with an error. It calls opened once the stream stands (list now: what
// happened before is not told again) and event for each event of the
// user's own sessions. Both are called in order, on this goroutine.
func (c *Client) Events(ctx context.Context, opened func(), event func(Event)) error {
	const op = "watch events"
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	silence := time.AfterFunc(streamSilence, func() { cancel(errors.New("the event stream fell silent")) })
	defer silence.Stop()
	resp, err := c.openStream(ctx, op)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	opened()
	for ev, err := range sse.Read(&watchedReader{resp.Body, silence}, &sse.ReadConfig{MaxEventSize: maxEvent}) {
		if err != nil {
			return transportError(op, streamError(ctx, err))
		}
		c.deliver(ev, event)
	}
	return transportError(op, streamError(ctx, io.EOF))
}

func (c *Client) openStream(ctx context.Context, op string) (*http.Response, error) {
	// No filter is sent: 25.15 to 26.9 ignore some, 23.03 to 24.03 show a
	// session's start only among kernel events, and unknown keys are a 400.
	resp, err := c.send(ctx, op, func() (*http.Request, error) {
		req, err := newRequest(ctx, http.MethodGet, c.address("/events/session"), nil)
		if err == nil {
			req.Header.Set("Accept", "text/event-stream")
		}
		return req, err
	})
	if err != nil {
		return nil, err
	}
	if resp.StatusCode != http.StatusOK {
		defer resp.Body.Close()
		return nil, c.answerError(op, resp)
	}
	if media, _, _ := mime.ParseMediaType(resp.Header.Get("Content-Type")); media != "text/event-stream" {
		resp.Body.Close()
		return nil, garbage(op, "not an event stream")
	}
	return resp, nil
}

// deliver drops other users' events, which administrators get as well.
func (c *Client) deliver(ev sse.Event, event func(Event)) {
	var data struct {
		SessionID string `json:"sessionId"`
		Owner     string `json:"ownerAccessKey"`
	}
	if json.Unmarshal([]byte(ev.Data), &data) != nil {
		return
	}
	if data.Owner == "" || data.Owner == c.who.accessKey() {
		event(Event{Name: ev.Type, SessionID: data.SessionID})
	}
}

// streamError prefers the reason why we gave up over what the reader made of it.
func streamError(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); cause != nil {
		return cause
	}
	return err
}

// watchedReader puts off the silence alarm with every byte.
type watchedReader struct {
	io.Reader
	silence *time.Timer
}

func (r *watchedReader) Read(p []byte) (int, error) {
	n, err := r.Reader.Read(p)
	if n > 0 {
		r.silence.Reset(streamSilence)
	}
	return n, err
}
