package backendai

import (
	"context"
	"crypto/rand"
	"crypto/sha1"
	"encoding/base64"
	"io"
	"net/http"
	"strings"
)

// newUpgrade asks for a WebSocket. It is an ordinary request, so net/http brings
// TLS and proxies: https through an HTTP proxy goes by CONNECT, but plain http
// does not, and few proxies pass such an upgrade on.
//
// No compression is offered: SSH does not compress, and the server would try. No
// subprotocol either.
func newUpgrade(ctx context.Context, address, key string) (*http.Request, error) {
	req, err := newRequest(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Connection", "Upgrade")
	req.Header.Set("Upgrade", "websocket")
	req.Header.Set("Sec-WebSocket-Version", "13")
	req.Header.Set("Sec-WebSocket-Key", key)
	return req, nil
}

// newUpgradeKey is what the server has to answer, to show that it understood.
func newUpgradeKey() string {
	var key [16]byte
	rand.Read(key[:])
	return base64.StdEncoding.EncodeToString(key[:])
}

// upgraded returns the connection when the answer is the WebSocket that was asked
// for, and nothing beyond it.
func upgraded(resp *http.Response, key string) (io.ReadWriteCloser, bool) {
	h := resp.Header
	if resp.StatusCode != http.StatusSwitchingProtocols ||
		!strings.EqualFold(h.Get("Upgrade"), "websocket") ||
		h.Get("Sec-WebSocket-Accept") != answerTo(key) ||
		len(h.Values("Sec-WebSocket-Extensions")) > 0 ||
		len(h.Values("Sec-WebSocket-Protocol")) > 0 {
		return nil, false
	}
	// net/http has read the Connection header: without "upgrade" one cannot write.
	body, ok := resp.Body.(io.ReadWriteCloser)
	return body, ok
}

// answerTo is RFC 6455's, which has SHA-1 and this text in it (1.3).
func answerTo(key string) string {
	sum := sha1.Sum([]byte(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
	return base64.StdEncoding.EncodeToString(sum[:])
}
