package backendaitest

import (
	"net/http"
	"slices"
	"strings"
)

// findForSession finds the session that a path below /session means.
func (c *call) findForSession() (*Session, *problem) {
	c.server.mu.Lock()
	defer c.server.mu.Unlock()
	return c.find(c.server.release.sessionLookup, c.server.release.secondKey == reachesAll, noSuchSession())
}

// findForStream finds the session that a path below /stream/session means.
func (c *call) findForStream() (*Session, *problem) {
	c.server.mu.Lock()
	defer c.server.mu.Unlock()
	ended := noSuchSession()
	if c.server.release.entityNotFound {
		ended = refuse(http.StatusNotFound, "entity-not-found", "No such session.")
	}
	return c.find(c.server.release.streamLookup, c.server.release.secondKey >= streamsToAll, ended)
}

// find applies a release's rule to the text in the path, to sessions of the same key
// pair or to all of the user's. It wants the lock. The answer for a session that is
// over, or that nobody knows, is given.
func (c *call) find(rule lookupRule, allKeys bool, ended *problem) (*Session, *problem) {
	if p := c.forbidden(); p != nil {
		return nil, p
	}
	switch rule {
	case byPrefix:
		return c.findByPrefix(allKeys, ended)
	case runningByName:
		return c.findRunning(allKeys, ended)
	}
	id, isID := parseUUID(c.part)
	found := c.matching(allKeys, func(e *Session) bool {
		return !e.gone() && (isID && e.id == id || !isID && e.name == c.part)
	})
	return only(found, ended)
}

// forbidden is the newest answer to a UUID that is nobody's or somebody else's.
func (c *call) forbidden() *problem {
	id, isID := parseUUID(c.part)
	if !isID || !c.server.release.foreignIsForbidden {
		return nil
	}
	if e := c.server.byID(id); e != nil && e.owner.owner == c.who.owner {
		return nil
	}
	return refuse(http.StatusForbidden, "not-enough-permission", "Not enough permission.")
}

// findByPrefix tries the beginning of an id, a name, the beginning of a name, and
// a kernel's id, and takes the first that fits anything.
func (c *call) findByPrefix(allKeys bool, ended *problem) (*Session, *problem) {
	for _, fits := range []func(*Session) bool{
		func(e *Session) bool { return strings.HasPrefix(e.id, strings.ToLower(c.part)) },
		func(e *Session) bool { return e.name == c.part },
		func(e *Session) bool { return strings.HasPrefix(e.name, c.part) },
		func(e *Session) bool {
			return slices.ContainsFunc(e.kernels, func(k *kernel) bool { return k.id == c.part })
		},
	} {
		if found := c.matching(allKeys, func(e *Session) bool { return !e.gone() && fits(e) }); len(found) > 0 {
			return only(found, nil)
		}
	}
	return nil, ended
}

// findRunning takes an id for the name of its session, whatever became of that,
// and the name for whichever session has it and runs: the UUID of an ended
// session leads into its namesake.
func (c *call) findRunning(allKeys bool, ended *problem) (*Session, *problem) {
	name := c.part
	if id, isID := parseUUID(c.part); isID {
		e := c.server.byID(id)
		if e == nil {
			return nil, noSuchSession()
		}
		name = e.name
	}
	namesakes := c.matching(allKeys, func(e *Session) bool { return e.name == name })
	running := slices.DeleteFunc(slices.Clone(namesakes), func(e *Session) bool { return e.status != "RUNNING" })
	if len(running) == 0 && slices.ContainsFunc(namesakes, func(e *Session) bool { return !e.gone() }) {
		return nil, noSuchSession() // on its way
	}
	return only(running, ended)
}

// matching returns the caller's sessions that fit.
func (c *call) matching(allKeys bool, fits func(*Session) bool) []*Session {
	var found []*Session
	for _, e := range c.server.sessions {
		mine := e.owner == c.who || allKeys && e.owner.owner == c.who.owner
		if mine && fits(e) {
			found = append(found, e)
		}
	}
	return found
}

// only returns the one that was found, and has a problem with none and several.
func only(found []*Session, none *problem) (*Session, *problem) {
	switch len(found) {
	case 0:
		return nil, none
	case 1:
		return found[0], nil
	}
	p := refuse(http.StatusNotFound, "too-many-sessions-matched", "Too many sessions matched.")
	var matches []map[string]any
	for _, e := range found {
		matches = append(matches, map[string]any{"id": e.id, "name": e.name, "status": e.status, "created_at": e.created})
	}
	p.Data = map[string]any{"matches": matches}
	return nil, p
}

// byID finds any session of any user. It wants the lock.
func (s *Server) byID(id string) *Session {
	i := slices.IndexFunc(s.sessions, func(e *Session) bool { return e.id == id })
	if i < 0 {
		return nil
	}
	return s.sessions[i]
}
