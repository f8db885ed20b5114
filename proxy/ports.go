package proxy

import (
	"slices"
	"time"
)

// Rests of a freed port. Another session's transfers may still be queued for it.
const (
	portRest      = 24 * time.Hour
	preferredRest = 10 * time.Minute
	maxPorts      = 1024 // names whose port is remembered
)

// A portMemo remembers the port of a line.
type portMemo struct {
	Port  int       `json:"port"`            // its own
	Spare int       `json:"spare,omitempty"` // where it was while another program had that
	Used  time.Time `json:"used"`            // when the line last had either
}

// portPicker chooses ports for lines. It is pure but for what it remembers.
type portPicker struct {
	preferred, low, high int
	memos                map[string]portMemo // by line key
	now                  time.Time
}

// candidates returns the ports to try for a line, best first: the one it had,
// then the lowest from the preferred one up that nobody has or left recently.
func (p portPicker) candidates(key string, held map[int]bool) []int {
	var ports []int
	for _, port := range []int{p.memos[key].Port, p.memos[key].Spare} {
		if p.inRange(port) && !held[port] {
			ports = append(ports, port)
		}
	}
	for port := p.preferred; port <= p.high; port++ {
		if !held[port] && !p.resting(port, key) {
			ports = append(ports, port)
		}
	}
	for port := p.low; port < p.preferred; port++ {
		if !held[port] && !p.resting(port, key) {
			ports = append(ports, port)
		}
	}
	return ports
}

func (p portPicker) inRange(port int) bool { return port >= p.low && port <= p.high }

// resting reports whether another line had the port a short while ago.
func (p portPicker) resting(port int, key string) bool {
	rest := portRest
	if port == p.preferred {
		rest = preferredRest
	}
	for other, memo := range p.memos {
		if other != key && (memo.Port == port || memo.Spare == port) && p.now.Sub(memo.Used) < rest {
			return true
		}
	}
	return false
}

// forgetOldest keeps the number of remembered ports bounded.
func forgetOldest(memos map[string]portMemo) {
	keys := make([]string, 0, len(memos))
	for key := range memos {
		keys = append(keys, key)
	}
	slices.SortFunc(keys, func(a, b string) int { return memos[b].Used.Compare(memos[a].Used) })
	for _, key := range keys[min(len(keys), maxPorts):] {
		delete(memos, key)
	}
}
