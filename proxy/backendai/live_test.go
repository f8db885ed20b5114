package backendai

import (
	"context"
	"crypto/sha256"
	"encoding/pem"
	"errors"
	"hash"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"
)

// live opens a tunnel, by TLS or without, to a server that coder/websocket
// upgrades and serve serves.
func live(t *testing.T, secure bool, serve func(*websocket.Conn)) *Conn {
	t.Helper()
	var serving sync.WaitGroup
	t.Cleanup(serving.Wait)
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		serving.Add(1)
		defer serving.Done()
		ws, err := websocket.Accept(w, r, nil)
		if err != nil {
			t.Error(err)
			return
		}
		defer ws.CloseNow()
		ws.SetReadLimit(-1)
		serve(ws)
	}))
	if secure {
		server.StartTLS()
	} else {
		server.Start()
	}
	t.Cleanup(server.Close)
	c, err := New(Config{Endpoint: server.URL, Keys: KeyPair{"AKIA", "secret"}, Trust: trusting(t, server)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	conn, err := c.Dial(t.Context(), anID)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}

func trusting(t *testing.T, server *httptest.Server) Trust {
	if server.Certificate() == nil {
		return Trust{}
	}
	name := filepath.Join(t.TempDir(), "ca.pem")
	block := &pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}
	if err := os.WriteFile(name, pem.EncodeToMemory(block), 0o600); err != nil {
		t.Fatal(err)
	}
	return Trust{CAFile: name}
}

func bothWays(t *testing.T, f func(t *testing.T, secure bool)) {
	t.Run("plain", func(t *testing.T) { f(t, false) })
	t.Run("TLS", func(t *testing.T) { f(t, true) })
}

// echo sends each message back, in several writes, and pings in between.
func echo(ws *websocket.Conn) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	var pinging sync.WaitGroup
	defer pinging.Wait()
	defer cancel()
	pinging.Go(func() {
		for ws.Ping(ctx) == nil {
		}
	})
	for {
		_, r, err := ws.Reader(ctx)
		if err != nil {
			return
		}
		w, err := ws.Writer(ctx, websocket.MessageBinary)
		if err != nil {
			return
		}
		io.Copy(w, r)
		w.Close()
	}
}

// size is what goes each way.
const size = 64 << 20

// sendRandom writes pieces of any length, the first and the last very short.
func sendRandom(c *Conn, sum hash.Hash) error {
	content := rand.NewChaCha8([32]byte{})
	buf := make([]byte, 200<<10)
	for left, n := size, 1; left > 0; left, n = left-n, 1+rand.IntN(len(buf)) {
		n = min(n, left)
		content.Read(buf[:n])
		sum.Write(buf[:n])
		if _, err := c.Write(buf[:n]); err != nil {
			return err
		}
	}
	return nil
}

func TestMuchComesBackAsItWasSent(t *testing.T) {
	bothWays(t, func(t *testing.T, secure bool) {
		c := live(t, secure, echo)
		sent, got := sha256.New(), sha256.New()
		var wg sync.WaitGroup
		ctx, cancel := context.WithCancel(t.Context())
		pings := 0
		wg.Go(func() {
			for c.Ping(ctx) == nil {
				pings++
			}
		})
		wg.Go(func() {
			if err := sendRandom(c, sent); err != nil {
				t.Error(err)
			}
		})
		// Half of it the one way, half of it the other.
		if _, err := io.CopyN(got, struct{ io.Reader }{c}, size/2); err != nil {
			t.Error(err)
		}
		if n, err := c.WriteTo(&upTo{got, size / 2}); n != size/2 || err != errEnough {
			t.Errorf("WriteTo = %d, %v, want %d", n, err, size/2)
		}
		cancel()
		wg.Wait()
		if string(got.Sum(nil)) != string(sent.Sum(nil)) {
			t.Error("what came back is not what was sent")
		}
		if pings == 0 {
			t.Error("no ping was answered meanwhile")
		}
	})
}

var errEnough = errors.New("enough")

// upTo ends a copy with the last byte that is wanted.
type upTo struct {
	io.Writer
	left int
}

func (u *upTo) Write(p []byte) (int, error) {
	n, err := u.Writer.Write(p)
	if u.left -= n; u.left <= 0 && err == nil {
		err = errEnough
	}
	return n, err
}

func TestServerHearsOurGoodbye(t *testing.T) {
	bothWays(t, func(t *testing.T, secure bool) {
		heard := make(chan error, 1)
		c := live(t, secure, func(ws *websocket.Conn) {
			_, _, err := ws.Read(context.Background())
			heard <- err
		})
		begin := time.Now()
		if err := c.Close(); err != nil {
			t.Error(err)
		}
		if took := time.Since(begin); took >= goodbyeTimeout {
			t.Errorf("an answered goodbye took %v", took)
		}
		if err := <-heard; websocket.CloseStatus(err) != websocket.StatusNormalClosure {
			t.Errorf("the server heard %v, want 1000", err)
		}
	})
}

func TestServersGoodbyesAreUnderstood(t *testing.T) {
	for name, tt := range map[string]struct {
		leave func(*websocket.Conn)
		want  string
	}{
		"1000":          {func(ws *websocket.Conn) { ws.Close(websocket.StatusNormalClosure, "") }, "end"},
		"1001":          {func(ws *websocket.Conn) { ws.Close(websocket.StatusGoingAway, "") }, "end"},
		"1011":          {func(ws *websocket.Conn) { ws.Close(websocket.StatusInternalError, "") }, "refused 1011"},
		"1013":          {func(ws *websocket.Conn) { ws.Close(websocket.StatusTryAgainLater, "") }, "refused 1013"},
		"without words": {func(ws *websocket.Conn) { ws.CloseNow() }, "end"},
		"text": {func(ws *websocket.Conn) {
			ws.Write(context.Background(), websocket.MessageText, []byte("no"))
			if _, _, err := ws.Read(context.Background()); websocket.CloseStatus(err) != websocket.StatusUnsupportedData {
				t.Errorf("the server heard %v, want 1003", err)
			}
		}, "a text message"},
	} {
		t.Run(name, func(t *testing.T) {
			bothWays(t, func(t *testing.T, secure bool) {
				c := live(t, secure, func(ws *websocket.Conn) {
					ws.Write(context.Background(), websocket.MessageBinary, []byte("last words"))
					tt.leave(ws)
				})
				words, err := io.ReadAll(struct{ io.Reader }{c})
				if err == nil {
					err = io.EOF
				}
				if got := endName(err); string(words) != "last words" || got != tt.want {
					t.Errorf("read %q, then %s, want %s", words, got, tt.want)
				}
			})
		})
	}
}

// A server that reads nothing stops our writer; Close frees it.
func TestWriterWaitsForTheServer(t *testing.T) {
	bothWays(t, func(t *testing.T, secure bool) {
		leave, begun := make(chan struct{}), make(chan struct{})
		c := live(t, secure, func(*websocket.Conn) { <-leave })
		defer close(leave)
		written := make(chan int, 1)
		go func() { // ends with Close
			c.Write([]byte(long))
			close(begun)
			n, _ := c.Write(make([]byte, size))
			written <- n
		}()
		<-begun
		begin := time.Now()
		c.Close()
		if n := <-written; n >= size/2 {
			t.Errorf("%d MiB were taken that nobody read", n>>20)
		}
		if took := time.Since(begin); took > 5*goodbyeTimeout {
			t.Errorf("Close took %v", took)
		}
	})
}
