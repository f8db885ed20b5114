package proxy

import (
	"iter"
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

func (m portMemo) ports() (ports []int) {
	for _, port := range []int{m.Port, m.Spare} {
		if port != 0 {
			ports = append(ports, port)
		}
	}
	return ports
}

// portPicker chooses ports for lines. It is pure but for what it remembers.
type portPicker struct {
	preferred, low, high int
	memos                map[string]portMemo // by line key
	left                 map[int]time.Time   // ports that no line has any more
	now                  time.Time
}

// candidates are the ports to try for a line, best first: the one it had, then the
// lowest from the preferred one up that nobody has or left recently.
func (p portPicker) candidates(key string, held map[int]bool) iter.Seq[int] {
	resting := p.resting(key)
	free := func(port int) bool { return !held[port] && !resting[port] }
	return func(yield func(int) bool) {
		for _, port := range []int{p.memos[key].Port, p.memos[key].Spare} {
			if p.inRange(port) && !held[port] && !yield(port) {
				return
			}
		}
		for i := range p.high - p.low + 1 { // from the preferred one to the end, and round
			port := p.preferred + i
			if port > p.high {
				port -= p.high - p.low + 1
			}
			if free(port) && !yield(port) {
				return
			}
		}
	}
}

func (p portPicker) inRange(port int) bool { return port >= p.low && port <= p.high }

// resting are the ports that other lines had a short while ago.
func (p portPicker) resting(key string) map[int]bool {
	resting := map[int]bool{}
	since := func(port int, used time.Time) {
		rest := portRest
		if port == p.preferred {
			rest = preferredRest
		}
		if p.now.Sub(used) < rest {
			resting[port] = true
		}
	}
	for other, memo := range p.memos {
		for _, port := range memo.ports() {
			if other != key {
				since(port, memo.Used)
			}
		}
	}
	for port, used := range p.left {
		since(port, used)
	}
	return resting
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
