package backendai

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// A KeyPair is what the manager knows a user by in API mode.
type KeyPair struct {
	AccessKey string
	SecretKey string
}

// String hides the secret key, so that no log line can show it.
func (k KeyPair) String() string { return k.AccessKey }

// GoString hides the secret key from %#v as well.
func (k KeyPair) GoString() string { return k.AccessKey }

// apiVersion is understood by every release from 22.03 to 26.9.
const apiVersion = "v6.20220615"

// dateLayout is what the vendor's client sends. The text itself is signed.
const dateLayout = "2006-01-02T15:04:05.000000-07:00"

// emptyHash stands for the body, which the scheme does not protect.
var emptyHash = sha256.Sum256(nil)

func (k KeyPair) prefix() string                  { return "" }
func (k KeyPair) accessKey() string               { return k.AccessKey }
func (k KeyPair) checkReply(string, []byte) error { return nil }

// authorize signs req. The signature covers the request target and Host as they
// go over the wire, so both must be final by now.
func (k KeyPair) authorize(req *http.Request, now time.Time) {
	date := now.Format(dateLayout)
	req.Header.Set("Date", date)
	req.Header.Set("X-BackendAI-Version", apiVersion)
	req.Header.Set("Authorization", fmt.Sprintf("BackendAI signMethod=HMAC-SHA256, credential=%s:%s",
		k.AccessKey, k.signature(req, date, now.Format("20060102"))))
}

// signature signs with a key that is derived from the calendar day, in the
// date's own offset, and the host.
func (k KeyPair) signature(req *http.Request, date, day string) string {
	host := requestHost(req)
	text := strings.Join([]string{
		req.Method,
		req.URL.RequestURI(),
		date,
		"host:" + host,
		"content-type:" + signedContentType(req),
		"x-backendai-version:" + req.Header.Get("X-BackendAI-Version"),
		hex.EncodeToString(emptyHash[:]),
	}, "\n")
	return hex.EncodeToString(mac(mac(mac([]byte(k.SecretKey), day), host), text))
}

func requestHost(req *http.Request) string {
	if req.Host != "" {
		return req.Host
	}
	return req.URL.Host
}

// signedContentType is what the server's framework makes of an absent header.
func signedContentType(req *http.Request) string {
	media, _, _ := strings.Cut(req.Header.Get("Content-Type"), ";")
	if media == "" {
		return "application/octet-stream"
	}
	return strings.ToLower(strings.TrimSpace(media))
}

func mac(key []byte, text string) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(text))
	return h.Sum(nil)
}
