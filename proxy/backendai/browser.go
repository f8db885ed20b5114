package backendai

import (
	"context"
	"net/http"

	"github.com/pelletier/go-toml/v2"
)

// OffersBrowser reports whether the web server's page can hand its login to a
// program of this machine.
func (c *Client) OffersBrowser(ctx context.Context) bool {
	text, err := c.callAt(ctx, "read the page's settings", http.MethodGet, c.endpoint.String()+"/config.toml", nil)
	var page struct {
		General struct {
			CLILogin bool `toml:"enableCliLogin"`
		} `toml:"general"`
	}
	return err == nil && toml.Unmarshal(text, &page) == nil && page.General.CLILogin
}

// BrowserPage is where the page hands its login to the port of this machine, for
// whoever knows the state.
func (c *Client) BrowserPage(port, state string) string {
	return c.endpoint.String() + "/cli-login?port=" + port + "&state=" + state
}
