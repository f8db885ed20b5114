package backendaitest

import (
	"crypto/hmac"
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"hash"
	"strings"
	"time"
)

// A signedText is what a signature covers, as it was on the wire.
type signedText struct {
	Method      string
	Target      string // path and query
	Date        string
	Host        string
	ContentType string // the header; empty when there was none
	Version     string
	VersionName string // "x-backendai-version", or the name that the header had before
}

var signHashes = map[string]func() hash.Hash{
	"md5": md5.New, "sha1": sha1.New, "sha224": sha256.New224, "sha256": sha256.New,
	"sha384": sha512.New384, "sha512": sha512.New,
}

func (t signedText) String(newHash func() hash.Hash) string {
	nothing := newHash().Sum(nil) // of the body, which is not protected
	return strings.Join([]string{
		strings.ToUpper(t.Method),
		t.Target,
		t.Date,
		"host:" + t.Host,
		"content-type:" + mediaType(t.ContentType),
		t.VersionName + ":" + t.Version,
		hex.EncodeToString(nothing),
	}, "\n")
}

// signingKey holds for one host and for one calendar day in the date's own offset.
func (t signedText) signingKey(secret string, date time.Time, newHash func() hash.Hash) []byte {
	ofDay := hmacSum(newHash, []byte(secret), date.Format("20060102"))
	return hmacSum(newHash, ofDay, t.Host)
}

func (t signedText) signature(secret string, date time.Time, newHash func() hash.Hash) string {
	return hex.EncodeToString(hmacSum(newHash, t.signingKey(secret, date, newHash), t.String(newHash)))
}

func hmacSum(newHash func() hash.Hash, key []byte, text string) []byte {
	h := hmac.New(newHash, key)
	h.Write([]byte(text))
	return h.Sum(nil)
}

// mediaType is the manager's view of a Content-Type header, and of a missing one.
func mediaType(header string) string {
	media, _, _ := strings.Cut(header, ";")
	if media = strings.ToLower(strings.TrimSpace(media)); media == "" {
		return "application/octet-stream"
	}
	return media
}

var dateLayouts = []string{
	time.RFC3339Nano,
	"2006-01-02T15:04:05.999999999-0700",
	"2006-01-02T15:04:05.999999999",
	"2006-01-02 15:04:05.999999999Z07:00",
	"2006-01-02 15:04:05.999999999",
	"20060102T150405Z0700",
	"20060102T150405",
	time.RFC1123,
	time.RFC1123Z,
}

// parseDate is lenient, as the manager is; without an offset it is UTC.
func parseDate(text string) (time.Time, bool) {
	for _, layout := range dateLayouts {
		if t, err := time.Parse(layout, text); err == nil {
			return t, true
		}
	}
	return time.Time{}, false
}
