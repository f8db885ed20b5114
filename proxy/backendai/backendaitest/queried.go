package backendaitest

import (
	"slices"
	"strings"
)

// oneSession is a session by its UUID, ended ones too, and null for what is not
// there or not the caller's. A name in its place fails the whole query in a real
// manager; here it finds nothing.
func (c *call) oneSession(f *field) (any, error) {
	access, err := c.keyInScope(f)
	if err != nil {
		return nil, err
	}
	text, _ := f.args["id"].(string)
	id, _ := parseUUID(text)
	c.server.mu.Lock()
	defer c.server.mu.Unlock()
	e := c.server.byID(id)
	if e == nil || access != "" && e.owner.access != access {
		return nil, nil
	}
	return pick(e.row(), f.fields), nil
}

// keyPairFields are those that every release has.
var keyPairFields = strings.Fields(`user_id full_name access_key secret_key is_active is_admin resource_policy
	created_at last_used rate_limit num_queries user ssh_public_key concurrency_used concurrency_limit`)

func (c *call) checkKeyPair(f *field) error {
	return c.known(f.fields, "KeyPair", keyPairFields, c.server.release.keyPairs)
}

// keyPair is the caller's own, unless another is named by one who may.
func (c *call) keyPair(f *field) (any, error) {
	access, err := c.keyInScope(f)
	if err != nil {
		return nil, err
	}
	orElse(&access, c.who.access)
	c.server.mu.Lock()
	pair := c.server.pairs[access]
	c.server.mu.Unlock()
	if pair == nil {
		return nil, nil
	}
	row, err := c.server.keyPairRow(pair, slices.ContainsFunc(f.fields, func(f *field) bool { return f.name == "ssh_public_key" }))
	if err != nil {
		return nil, err
	}
	return pick(row, f.fields), nil
}

// keyPairRow makes the SSH key of a pair only where it is asked for, since that
// takes a moment.
func (s *Server) keyPairRow(pair *keyPair, withKey bool) (map[string]any, error) {
	row := map[string]any{
		"user_id": pair.owner.Email, "full_name": pair.owner.Email, "user": pair.owner.id,
		"access_key": pair.access, "secret_key": pair.secret, "is_admin": pair.owner.Role != "user",
		"resource_policy": "default", "rate_limit": s.options.RateLimit, "num_queries": 0, "projects": []string{"default"},
	}
	if withKey {
		key, err := s.sshKeyOf(pair)
		if err != nil {
			return nil, err
		}
		row["ssh_public_key"] = key.authorized + "\n"
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	row["is_active"] = !pair.expired
	return row, nil
}
