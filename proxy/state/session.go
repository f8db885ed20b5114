// Package state holds the words that every other room shares: sessions, hosts,
// problems and the Snapshot that faces show. It is a leaf: it imports nothing
// of ours and does no I/O.
package state

import "time"

// A Session is a compute session as the manager tells it.
// Its identity is ID, a UUID; a name may be used again by another session.
type Session struct {
	ID      string `json:"id"`
	Name    string `json:"name"`
	Type    string `json:"type"`   // INTERACTIVE, BATCH, INFERENCE or SYSTEM
	Status  string `json:"status"` // as the manager spells it; names differ by release
	Project string `json:"project,omitempty"`
	Image   string `json:"image,omitempty"`

	CreatedAt time.Time `json:"created_at,omitzero"`

	// StatusChanged is when Status was set. A session that is restarted comes back
	// to the status of before.
	StatusChanged time.Time `json:"status_changed,omitzero"`

	// ContainerID and StartedAt are the main container's. With ID they make
	// one incarnation; either may be empty on a session that is not running.
	ContainerID string    `json:"container_id,omitempty"`
	StartedAt   time.Time `json:"started_at,omitzero"`

	// Restarts counts the container starts that were told by events while the
	// list showed the same container: 23.09 does not update it on a restart.
	Restarts int `json:"restarts,omitempty"`

	// Idle is when the manager will end it by itself; nil if it announces nothing.
	// It is news, and not remembered.
	Idle *Idle `json:"-"`

	// HasSSH reports whether the session lists an app named sshd.
	HasSSH bool `json:"has_ssh"`

	// Others are the containers of a cluster beside the main one, in its order.
	Others []Container `json:"others,omitempty"`

	// Container is the one of a cluster that this is about, see At; "" is the main one.
	Container string `json:"container,omitempty"`
}

// A Container is one of a cluster session's that is not the main one. Tunnels lead to
// the main one alone; the others are reached from there, by Host.
type Container struct {
	Host      string    `json:"host"` // as the main container knows it: "sub1"
	ID        string    `json:"id,omitempty"`
	StartedAt time.Time `json:"started_at,omitzero"`
}

// Running reports whether a tunnel into s may be opened.
func (s Session) Running() bool {
	return s.Status == "RUNNING" || s.Status == "RUNNING_DEGRADED"
}

// Ending reports whether s was told to end, and has not done so yet.
func (s Session) Ending() bool { return s.Status == "TERMINATING" }

// Gone reports whether the status says that the session has ended for good.
// A word this release does not know means "not ready, not gone".
func (s Session) Gone() bool {
	return s.Status == "TERMINATED" || s.Status == "CANCELLED"
}

// Interactive reports whether policy "auto" applies to s.
func (s Session) Interactive() bool { return s.Type == "INTERACTIVE" }

// Incarnation is one life of the session's container.
func (s Session) Incarnation() Incarnation {
	return Incarnation{SessionID: s.ID, ContainerID: s.ContainerID, StartedAt: s.StartedAt, Restarts: s.Restarts}
}

// At is the session as seen from one of its other containers: what is said of its name
// and its life is then said of that one's.
func (s Session) At(c Container) Session {
	s.Name, s.Container, s.Others = AliasOf(c.Host, s.Name), c.Host, nil
	s.ContainerID, s.StartedAt = c.ID, c.StartedAt
	return s
}

// An Incarnation is one life of a session's main container. It has one host
// key: a restart of the session, or a new session of the same name, is another.
type Incarnation struct {
	SessionID   string    `json:"session_id"`
	ContainerID string    `json:"container_id,omitempty"`
	StartedAt   time.Time `json:"started_at,omitzero"`
	Restarts    int       `json:"restarts,omitempty"`
}

// Same reports whether both are one life of one container.
func (i Incarnation) Same(other Incarnation) bool {
	return i.SessionID == other.SessionID && i.ContainerID == other.ContainerID &&
		i.StartedAt.Equal(other.StartedAt) && i.Restarts == other.Restarts
}
