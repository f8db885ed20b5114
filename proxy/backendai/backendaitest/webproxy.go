package backendaitest

import (
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net/http"
	"net/http/httputil"
	"net/url"
	"strings"
)

// forward passes a request on to the manager, signed in the user's place.
func (c *webCall) forward() {
	target := strings.TrimPrefix(c.r.RequestURI, "/func")
	path, _, _ := strings.Cut(target, "?")
	hello := c.r.Method == http.MethodGet && strings.Trim(path, "/") == ""
	switch {
	case c.login == nil && !hello:
		c.refuse(unauthorized())
	case c.r.Method == http.MethodGet && strings.HasPrefix(path, "/stream/") && !strings.HasSuffix(path, "/apps"):
		c.forwardTunnel(target)
	default:
		c.forwardCall(target)
	}
}

func (c *webCall) forwardCall(target string) {
	// Otherwise net/http closes the request's body when the answer begins, and the
	// transport, which looks for the body's end a moment later, breaks the answer off.
	http.NewResponseController(c.w).EnableFullDuplex()
	proxy := &httputil.ReverseProxy{
		Rewrite:        func(r *httputil.ProxyRequest) { c.readdress(r.Out, target) },
		Transport:      c.server.toManager(),
		FlushInterval:  -1, // events are passed on as they come
		ModifyResponse: passOn,
		ErrorHandler:   func(http.ResponseWriter, *http.Request, error) { c.refuse(badGateway()) },
	}
	proxy.ServeHTTP(c.w, c.r)
}

func (c *webCall) readdress(out *http.Request, target string) {
	to, err := url.Parse(c.server.URL() + target)
	if err != nil {
		panic(err) // it was the target of a request
	}
	out.URL, out.Host = to, to.Host
	for _, name := range []string{"Cookie", loginHeader, "Authorization", "Date"} {
		out.Header.Del(name)
	}
	if c.login != nil {
		c.sign(out)
	}
}

func (c *webCall) sign(out *http.Request) {
	version := out.Header.Get("X-BackendAI-Version")
	orElse(&version, c.server.release.api)
	date := c.server.now()
	text := signedText{
		Method: out.Method, Target: out.URL.RequestURI(), Date: date.Format("2006-01-02T15:04:05.000000-07:00"), Host: out.URL.Host,
		ContentType: out.Header.Get("Content-Type"), Version: version, VersionName: "x-backendai-version",
	}
	out.Header.Set("X-BackendAI-Version", version)
	out.Header.Set("Date", text.Date)
	pair := c.login.pair
	out.Header.Set("Authorization", "BackendAI signMethod=HMAC-SHA256, credential="+pair.access+":"+
		text.signature(pair.secret, date, sha256.New))
}

// toManager is the web server's way to the manager.
func (s *Server) toManager() *http.Transport {
	t := &http.Transport{DisableKeepAlives: true, DialContext: s.options.Network.DialContext}
	if s.secure != nil {
		roots := x509.NewCertPool()
		roots.AppendCertsFromPEM(s.secure.pem)
		t.TLSClientConfig = &tls.Config{RootCAs: roots}
	}
	return t
}

// passOn makes the manager's answer the web server's. A stream that breaks off
// ends well here.
func passOn(resp *http.Response) error {
	resp.Header.Del("Server")
	resp.Header.Del("Date")
	if strings.HasPrefix(resp.Header.Get("Content-Type"), "text/event-stream") {
		resp.Body = &politeBody{resp.Body}
	}
	return nil
}

// A politeBody has no bad end.
type politeBody struct{ io.ReadCloser }

func (b *politeBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if errors.Is(err, io.ErrUnexpectedEOF) {
		err = io.EOF
	}
	return n, err
}
