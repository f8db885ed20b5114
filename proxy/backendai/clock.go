package backendai

import (
	"net/http"
	"time"
)

// minSkew is what is worth correcting. The server accepts 15 minutes.
const minSkew = time.Minute

// now is the server's time as far as we know it, in UTC.
func (c *Client) now() time.Time {
	return time.Now().Add(time.Duration(c.skew.Load())).UTC()
}

// correctClock takes the server's time from an answer and reports whether that
// moved our idea of it, so that signing once more may help.
func (c *Client) correctClock(h http.Header) bool {
	date, err := http.ParseTime(h.Get("Date"))
	if err != nil {
		return false
	}
	skew := time.Until(date).Round(time.Second)
	if skew.Abs() < minSkew {
		skew = 0
	}
	old := time.Duration(c.skew.Swap(int64(skew)))
	return (skew - old).Abs() >= minSkew
}
