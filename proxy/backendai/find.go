package backendai

import (
	"context"
	"errors"
)

// Find asks what answers at an endpoint: a manager, or the web server before one.
// The credential counts only for what it is, and is not tried.
func Find(ctx context.Context, endpoint string, trust Trust) (web bool, h Hello, err error) {
	for _, login := range []*WebLogin{nil, {}} {
		c, bad := New(Config{Endpoint: endpoint, Login: login, Trust: trust})
		if bad != nil {
			return false, h, bad
		}
		defer c.Close()
		h, found := c.Hello(ctx)
		if found == nil || KindOf(found) != Garbage && KindOf(found) != Refused {
			return login != nil, h, found // only what is no manager may be a web server
		}
		err = errors.Join(err, found)
	}
	return false, h, err
}
