package state

import "time"

// A Host is what a session becomes on this machine: an alias, a port, a key and
// a pinned host key.
type Host struct {
	Alias   string `json:"alias"`
	Port    int    `json:"port"` // 0 while none is bound
	Profile string `json:"profile"`

	SessionID   string `json:"session_id"`
	Name        string `json:"name"`
	Container   string `json:"container,omitempty"` // of a cluster session, "sub1"; "" is the main one
	SessionType string `json:"session_type"`
	Status      string `json:"session_status"`
	Image       string `json:"image,omitempty"`
	Project     string `json:"project,omitempty"`

	Enabled bool      `json:"enabled"`
	State   HostState `json:"state"`
	Reason  string    `json:"reason"`         // why it is not ready, or what to know; "" when all is well
	Hint    string    `json:"hint,omitempty"` // the way out

	Account      string `json:"account"`
	IdentityFile string `json:"identity_file,omitempty"` // absolute; "" leaves it to the agent
	HostKey      string `json:"host_key,omitempty"`      // authorized_keys form, without a comment
	Connections  int    `json:"connections"`

	Idle *Idle `json:"idle,omitempty"` // when Backend.AI ends the session by itself, if it says so

	Cut     *Cut     `json:"cut,omitempty"`     // the last time that connections were ended from this side
	Refusal *Refusal `json:"refusal,omitempty"` // of the last client that did not get in; none once one did
}

// A Cut is an end of connections that ssh could not be told the reason of.
type Cut struct {
	Time        time.Time `json:"time"`
	Connections int       `json:"connections"`
	Reason      string    `json:"reason"`
}

// A Refusal is what a client was told that could not get in.
type Refusal struct {
	Time   time.Time `json:"time"`
	Reason string    `json:"reason"`
	Hint   string    `json:"hint,omitempty"`
}

// A HostState is one word for a host, as status prints it.
type HostState string

// The states of a host. Only a Ready host is expected to let ssh in.
const (
	Ready    HostState = "ready"
	Starting HostState = "starting" // the session, or what we need of it, is on the way
	Waiting  HostState = "waiting"  // known, but the manager cannot be asked now
	Failed   HostState = "failed"   // Reason says why and what to do
	Disabled HostState = "disabled" // listed, not wanted by the user or the policy
	Over     HostState = "ended"    // the session is ending, or is no more; its port goes on to say so for a while
)
