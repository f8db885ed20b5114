package backendaitest

import (
	"net/http"
	"strconv"
	"time"
)

const rateWindow = 15 * time.Minute

// callTimes are the calls of one window, the oldest first.
type callTimes []time.Time

// add counts one call, refused ones too. A window that rolls forgets each call by itself;
// another begins with a call and then forgets all. It ends for the oldest call.
func (t *callTimes) add(rolls bool) (count int, ends time.Time) {
	now := time.Now()
	for len(*t) > 0 && now.Sub((*t)[0]) >= rateWindow {
		if *t = (*t)[1:]; !rolls {
			*t = nil
		}
	}
	*t = append(*t, now)
	return len(*t), (*t)[0].Add(rateWindow)
}

// checkRate adds the rate headers to the answer, where the release has them.
func (s *Server) checkRate(c *call) *problem {
	s.mu.Lock()
	counter := &c.who.calls
	if s.release.rateLimitToUser {
		counter = &c.who.owner.main.calls
	}
	limit := c.who.owner.RateLimit
	orElse(&limit, s.options.RateLimit)
	count, ends := counter.add(s.release.rateLimitRolls)
	remaining := limit - count
	s.mu.Unlock()
	c.w.rate = s.rateHeaders(limit, max(remaining, 0), ends)
	if remaining < 0 {
		return tooManyRequests()
	}
	return nil
}

func tooManyRequests() *problem {
	return refuse(http.StatusTooManyRequests, "rate-limit-exceeded", "You have reached your API query rate limit.")
}

func (s *Server) rateHeaders(limit, remaining int, ends time.Time) *rateHeaders {
	return &rateHeaders{
		onRefusals: s.release.rateLimitToUser,
		values: map[string]string{
			"X-RateLimit-Limit":     strconv.Itoa(limit),
			"X-RateLimit-Remaining": strconv.Itoa(remaining),
			"X-RateLimit-Window":    strconv.Itoa(int(rateWindow.Seconds())),
		},
		reset: strconv.Itoa(int(time.Until(ends).Seconds())),
	}
}

// rateHeaders wait for the status: most releases send them with good answers only.
type rateHeaders struct {
	onRefusals bool
	values     map[string]string
	reset      string
}

func (h *rateHeaders) addTo(header http.Header, status int) {
	if h == nil || status == http.StatusSwitchingProtocols || status >= 400 && !h.onRefusals {
		return
	}
	for name, value := range h.values {
		header.Set(name, value)
	}
	if h.onRefusals {
		header.Set("X-RateLimit-Reset", h.reset)
	}
}
