package backendaitest

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
)

// A nameRule is among which sessions that live no two have one name.
type nameRule int

const (
	uniquePerKey  nameRule = iota // those of a key pair
	notUnique                     // none: who is renamed may take the name of another
	uniqueOverall                 // all
	uniquePerUser                 // those of a user
)

// errNameTaken says that another session has the name.
var errNameTaken = errors.New("another session has the name")

// binds reports whether sessions of these key pairs may not have one name.
func (r nameRule) binds(a, b *keyPair) bool {
	switch r {
	case uniquePerKey:
		return a == b
	case uniquePerUser:
		return a.owner == b.owner
	}
	return r == uniqueOverall
}

// refusal is of a rename. The oldest releases look for nothing, and their database breaks.
func (r nameRule) refusal(name string) *problem {
	already := fmt.Sprintf("Session with name '%s' already exists", name)
	switch r {
	case uniqueOverall:
		return invalidParams(already)
	case uniquePerUser:
		return refuse(http.StatusBadRequest, "session-already-exists", already)
	}
	return brokenServer("")
}

// nameTaken wants the lock.
func (s *Server) nameTaken(name string, e *Session) bool {
	return slices.ContainsFunc(s.sessions, func(other *Session) bool {
		return other != e && other.name == name && !other.gone() && s.release.names.binds(other.owner, e.owner)
	})
}

// add puts a session in the list, if its name is free.
func (s *Server) add(e *Session) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.nameTaken(e.name, e) {
		return fmt.Errorf("create session %s: %w", e.name, errNameTaken)
	}
	s.sessions = append(s.sessions, e)
	return nil
}

// Rename gives the session another name at once, without an event. Most releases refuse
// one that another session has.
func (e *Session) Rename(name string) (err error) {
	e.change(func() {
		if e.server.nameTaken(name, e) {
			err = fmt.Errorf("rename session %s: %w", e.name, errNameTaken)
			return
		}
		e.name = name
	})
	return err
}
