package backendai

import (
	"context"
	"net/http"
)

// Lookup asks for the status of the session with this UUID. An error of kind
// [Gone] means that it has ended or was never ours. Unlike tunnels and lists,
// this answer is about the UUID itself at every release: no other session of
// the same name can stand in for it.
func (c *Client) Lookup(ctx context.Context, id string) (status string, err error) {
	const op = "look up session"
	if !uuidPattern.MatchString(id) {
		return "", garbage(op, "not a session id")
	}
	body, err := c.call(ctx, op, http.MethodGet, "/session/"+id, nil)
	if err != nil {
		return "", err
	}
	var reply struct {
		Status string `json:"status"`
	}
	if err := decode(op, body, &reply); err != nil {
		return "", err
	}
	if reply.Status == "" {
		return "", garbage(op, "no status in the answer")
	}
	return reply.Status, nil
}
