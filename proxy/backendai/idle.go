package backendai

import (
	"encoding/json"
	"math"
	"time"

	"baissh/proxy/state"
)

// idleField is asked for where it exists, from 22.09 on.
const idleField = "idle_checks"

// idleChecks is what the manager says of a session: for each check the seconds that
// remain, null where it does not apply or is not known yet. The list has it as JSON
// inside a string.
type idleChecks map[string]struct {
	Remaining *float64 `json:"remaining"`
	Kind      string   `json:"remaining_time_type"` // "expire_after", or "grace_period" until it begins to count
}

// longestIdle is beyond what a manager's clock can mean, in seconds.
const longestIdle = 10 * 365 * 24 * 60 * 60

// idle is the end that comes first, nil if none is announced. A text that is not
// understood announces none: it is only news.
func (r row) idle(now time.Time, tunnelsCount bool) *state.Idle {
	var checks idleChecks
	if r.IdleChecks == nil || json.Unmarshal([]byte(*r.IdleChecks), &checks) != nil {
		return nil
	}
	first := &state.Idle{}
	for name, check := range checks {
		if check.Remaining == nil || check.Kind == "grace_period" || math.Abs(*check.Remaining) > longestIdle {
			continue
		}
		until := now.Add(time.Duration(max(0, *check.Remaining) * float64(time.Second)))
		if first.Check == "" || until.Before(first.Until) || until.Equal(first.Until) && name < first.Check {
			first = &state.Idle{Check: state.Printable(name), Until: until, Awake: tunnelsCount && looksAtNetwork(name)}
		}
	}
	if first.Check == "" {
		return nil
	}
	return first
}

// looksAtNetwork: network_timeout was called timeout in 22.03.
func looksAtNetwork(check string) bool { return check == "network_timeout" || check == "timeout" }

// tunnelsCount reports whether an open tunnel keeps network_timeout away. From 23.03 to
// 25.19 the manager notes tunnels under another id than it looks for, so that a session
// with a busy shell in it is ended all the same (seen on 23.09.10).
func (c *Client) tunnelsCount() bool { return !c.since(23, 3) || c.since(26, 1) }
