package backendai

import (
	"net/http"
	"net/url"
	"time"
)

// UseProxy sends a client's calls through a proxy. The environment names none for
// addresses of this machine, which is where tests are.
func UseProxy(c *Client, proxy *url.URL) {
	c.http.Transport.(*http.Transport).Proxy = http.ProxyURL(proxy)
}

// Sign signs requests that the client itself does not send.
func Sign(keys KeyPair, req *http.Request, now time.Time) { keys.authorize(req, now) }
