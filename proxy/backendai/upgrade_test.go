package backendai

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
)

// TestUpgradeKey is the example of RFC 6455, 1.3.
func TestUpgradeKey(t *testing.T) {
	if got, want := answerTo("dGhlIHNhbXBsZSBub25jZQ=="), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="; got != want {
		t.Errorf("answerTo = %q, want %q", got, want)
	}
}

// answeringRaw returns a client of a server that answers an upgrade with these bytes.
func answeringRaw(t *testing.T, answer func(key string) string) *Client {
	return answering(t, func(w http.ResponseWriter, r *http.Request) {
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		defer conn.Close()
		io.WriteString(conn, answer(r.Header.Get("Sec-WebSocket-Key")))
	})
}

// Who gives up waiting for a tunnel that then stands takes leave of it all the same: of the
// ssh server, and then of the manager.
func TestAnAbandonedTunnelGetsItsGoodbye(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	left, heard := make(chan struct{}), make(chan string, 1)
	c := answering(t, func(w http.ResponseWriter, r *http.Request) {
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		defer conn.Close()
		cancel()
		<-left
		io.WriteString(conn, strings.ReplaceAll(goodUpgrade, "ACCEPT", answerTo(r.Header.Get("Sec-WebSocket-Key"))))
		op, payload, err := readClientFrame(conn)
		if op != opBinary || !bytes.Equal(payload, noSSH) {
			t.Errorf("the server hears %s, %v", frameName(op, payload), err)
		}
		op, payload, err = readClientFrame(conn)
		heard <- fmt.Sprint(frameName(op, payload), err)
	})
	if _, err := c.Dial(ctx, anID); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want the context's end", err)
	}
	close(left)
	if got, want := <-heard, fmt.Sprint(frameName(opClose, closeNormal.payload()), nil); got != want {
		t.Errorf("the server hears %q, want %q", got, want)
	}
}

const goodUpgrade = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
	"Sec-WebSocket-Accept: ACCEPT\r\n\r\n"

func TestOnlyTheUpgradeAskedForIsTaken(t *testing.T) {
	for name, tt := range map[string]struct {
		old, now string
		good     bool
	}{
		"as it should be":    {"", "", true},
		"other letters":      {"Upgrade: websocket\r\nConnection: Upgrade", "upgrade: WebSocket\r\nconnection: keep-alive, upgrade", true},
		"wrong answer":       {"ACCEPT", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", false},
		"answer in capitals": {"ACCEPT", "UPPER", false},
		"no answer":          {"Sec-WebSocket-Accept: ACCEPT\r\n", "", false},
		"other protocol":     {"Upgrade: websocket", "Upgrade: h2c", false},
		"no protocol":        {"Upgrade: websocket\r\n", "", false},
		"not connected":      {"Connection: Upgrade\r\n", "", false},
		"compression":        {"\r\n\r\n", "\r\nSec-WebSocket-Extensions: permessage-deflate\r\n\r\n", false},
		"subprotocol":        {"\r\n\r\n", "\r\nSec-WebSocket-Protocol: chat\r\n\r\n", false},
		"no upgrade":         {"101 Switching Protocols", "200 OK", false},
	} {
		t.Run(name, func(t *testing.T) {
			c := answeringRaw(t, func(key string) string {
				answer := strings.Replace(goodUpgrade, tt.old, tt.now, 1)
				answer = strings.ReplaceAll(answer, "ACCEPT", answerTo(key))
				return strings.ReplaceAll(answer, "UPPER", strings.ToUpper(answerTo(key)))
			})
			conn, err := c.Dial(t.Context(), anID)
			if err == nil {
				conn.Close()
			}
			if tt.good != (err == nil) || err != nil && KindOf(err) != Garbage {
				t.Errorf("got %v, want good to be %v, else garbage", err, tt.good)
			}
		})
	}
}

func TestBytesThatComeWithTheUpgradeAreRead(t *testing.T) {
	for _, payload := range []string{"SSH-2.0-early\r\n", long} {
		c := answeringRaw(t, func(key string) string {
			return strings.Replace(goodUpgrade, "ACCEPT", answerTo(key), 1) + whole(opBinary, payload)
		})
		conn, err := c.Dial(t.Context(), anID)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		if got, err := io.ReadAll(conn); string(got) != payload || err != nil {
			t.Errorf("read %d bytes, %v, want %d", len(got), err, len(payload))
		}
	}
}

func TestRefusedUpgradeIsReadWhole(t *testing.T) {
	long := strings.Repeat(" ", maxProblem/2)
	c := answering(t, reply(404, problemType, long+slug("object-not-found")))
	if _, err := c.Dial(t.Context(), anID); KindOf(err) != Gone {
		t.Errorf("got %v, want gone", err)
	}
}

func TestClockIsCorrectedForTheUpgrade(t *testing.T) {
	tries := 0
	c := answering(t, func(w http.ResponseWriter, r *http.Request) {
		tries++
		w.Header().Set("Date", "Mon, 02 Jan 2006 15:04:05 GMT")
		reply(400, problemType, slug("invalid-auth-params"))(w, r)
	})
	if _, err := c.Dial(t.Context(), anID); KindOf(err) != Refused || tries != 2 {
		t.Errorf("got %v after %d tries, want refused after 2", err, tries)
	}
}

func TestNothingIsOffered(t *testing.T) {
	asked := make(chan http.Header, 1)
	c := answering(t, func(w http.ResponseWriter, r *http.Request) {
		asked <- r.Header
		reply(404, problemType, slug("object-not-found"))(w, r)
	})
	c.Dial(t.Context(), anID)
	h := <-asked
	for _, name := range []string{"Sec-WebSocket-Extensions", "Sec-WebSocket-Protocol"} {
		if got := h.Values(name); len(got) > 0 {
			t.Errorf("%s: %q was offered", name, got)
		}
	}
	if got := fmt.Sprint(h["Sec-Websocket-Version"], h["Upgrade"], h["Connection"]); got != "[13] [websocket] [Upgrade]" {
		t.Errorf("asked for %s", got)
	}
}
