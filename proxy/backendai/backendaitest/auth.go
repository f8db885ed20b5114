package backendaitest

import (
	"crypto/hmac"
	"net/http"
	"slices"
	"strings"
	"time"
)

// clockWindow is how far a request's date may be from the manager's clock.
const clockWindow = 15 * time.Minute

// versionsEver are the version headers that every release takes; newer ones also
// take those that came since, up to their own.
var (
	versionsEver = []string{
		"v4.20181215", "v4.20190115", "v4.20190315", "v4.20190615",
		"v5.20191215", "v6.20200815", "v6.20220315", "v6.20220615",
	}
	versionsSince = []string{"v6.20230315", "v7.20230615", "v8.20240315", "v8.20240915", "v9.20250722"}
)

// checkVersion looks at the header even where anybody may ask.
func (s *Server) checkVersion(r *http.Request) *problem {
	version, _ := versionHeader(r)
	switch {
	case version == "", slices.Contains(versionsEver, version):
		return nil
	case slices.Contains(versionsSince, version) && version <= s.release.api:
		return nil
	}
	return refuse(http.StatusBadRequest, "generic-bad-request", "Unsupported API version.")
}

func versionHeader(r *http.Request) (value, name string) {
	if v := r.Header.Get("X-BackendAI-Version"); v != "" {
		return v, "x-backendai-version"
	}
	return r.Header.Get("X-Sorna-Version"), "x-sorna-version"
}

// authenticate does the manager's checks in its order: the date before all.
func (s *Server) authenticate(r *http.Request) (*keyPair, *problem) {
	dateText, date, ok := s.checkDate(r)
	if !ok {
		return nil, invalidAuthParams("Date/time sync error")
	}
	claim, p := parseAuthorization(r.Header.Get("Authorization"))
	if p != nil {
		return nil, p
	}
	pair := s.findPair(claim.access)
	if pair == nil {
		return nil, authFailed("Access key not found")
	}
	if p := claim.verify(r, pair.secret, dateText, date); p != nil {
		return nil, p
	}
	return pair, nil
}

// checkDate takes the first of three headers, and parses it leniently.
func (s *Server) checkDate(r *http.Request) (text string, date time.Time, ok bool) {
	for _, name := range []string{"Date", "X-BackendAI-Date", "X-Sorna-Date"} {
		if text = r.Header.Get(name); text != "" {
			break
		}
	}
	date, ok = parseDate(text)
	off := s.now().Sub(date)
	return text, date, ok && off < clockWindow && off > -clockWindow
}

// findPair does not find expired key pairs, nor second ones where the release
// knows a user by the first.
func (s *Server) findPair(access string) *keyPair {
	s.mu.Lock()
	defer s.mu.Unlock()
	pair := s.pairs[access]
	if pair == nil || pair.expired || s.release.secondKey == notLetIn && pair != pair.owner.main {
		return nil
	}
	return pair
}

// A claim is what an Authorization header says.
type claim struct {
	method, access, signature string
}

func parseAuthorization(header string) (claim, *problem) {
	if header == "" {
		return claim{}, authFailed("Unauthorized access")
	}
	scheme, rest, found := strings.Cut(header, " ")
	if !found {
		return claim{}, invalidAuthParams("Malformed authorization header")
	}
	if scheme != "BackendAI" && scheme != "Sorna" {
		return claim{}, invalidAuthParams("Invalid authorization type name")
	}
	params := map[string]string{}
	for param := range strings.SplitSeq(rest, ",") {
		name, value, found := strings.Cut(param, "=")
		if !found { // the manager does not expect this, and breaks
			return claim{}, brokenServer("")
		}
		params[strings.TrimSpace(name)] = strings.TrimSpace(value)
	}
	access, signature, found := strings.Cut(params["credential"], ":")
	if !found || params["signMethod"] == "" {
		return claim{}, invalidAuthParams("Missing or malformed authorization parameters")
	}
	return claim{params["signMethod"], access, signature}, nil
}

func (c claim) verify(r *http.Request, secret, dateText string, date time.Time) *problem {
	mac, algorithm, _ := strings.Cut(strings.ToLower(c.method), "-")
	newHash := signHashes[algorithm]
	if mac != "hmac" || newHash == nil {
		return invalidAuthParams("Unsupported request signing method")
	}
	version, name := versionHeader(r)
	if version == "" {
		return invalidAuthParams("API version missing in request headers")
	}
	text := signedText{
		Method: r.Method, Target: r.RequestURI, Date: dateText, Host: r.Host,
		ContentType: r.Header.Get("Content-Type"), Version: version, VersionName: name,
	}
	if !hmac.Equal([]byte(text.signature(secret, date, newHash)), []byte(c.signature)) {
		return authFailed("Signature mismatch")
	}
	return nil
}
