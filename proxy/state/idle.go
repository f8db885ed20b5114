package state

import "time"

// An Idle is when Backend.AI will end a session by itself, as far as it says.
type Idle struct {
	Check string    `json:"check"` // network_timeout, utilization, session_lifetime: the one that comes first
	Until time.Time `json:"until"` // unless it is used before

	// Awake reports whether an open ssh connection keeps the session: not every
	// check looks at that, and not every release sees our connections.
	Awake bool `json:"ssh_keeps_awake"`
}

// steps is how coarsely a manager counts: its checker runs each 15 s.
const steps = 30 * time.Second

// Near reports whether two tell of the same end, so that nobody is told anew.
func (i *Idle) Near(other *Idle) bool {
	if i == nil || other == nil {
		return i == other
	}
	return i.Check == other.Check && i.Awake == other.Awake && i.Until.Sub(other.Until).Abs() < steps
}
