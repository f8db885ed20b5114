package backendaitest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// A query is a name at the top of a GraphQL query, one of those that clients
// ask, and what its answer is made by.
type query struct {
	required, optional []string                         // arguments
	check              func(*call, *field) error        // fails the whole query
	answer             func(*call, *field) (any, error) // fails this name only
}

var queries = map[string]query{
	"compute_session_list": {
		required: []string{"limit", "offset"},
		optional: []string{"filter", "order", "domain_name", "group_id", "access_key", "status"},
		check:    (*call).checkList, answer: (*call).list,
	},
	"compute_session": {
		required: []string{"id"},
		optional: []string{"domain_name", "access_key"},
		check:    (*call).checkSession, answer: (*call).oneSession,
	},
	"keypair": {
		optional: []string{"domain_name", "access_key"},
		check:    (*call).checkKeyPair, answer: (*call).keyPair,
	},
}

// graphQL answers the queries that managers of every release understand. What
// goes wrong inside of them has status 200 all the same.
func (c *call) graphQL() *problem {
	var body struct {
		Query     string         `json:"query"`
		Variables map[string]any `json:"variables"`
	}
	if err := json.NewDecoder(c.r.Body).Decode(&body); err != nil || body.Query == "" {
		return invalidParams("query: is required")
	}
	writeJSON(c.w, http.StatusOK, c.replyTo(body.Query, body.Variables))
	return nil
}

func (c *call) replyTo(query string, variables map[string]any) map[string]any {
	reply := map[string]any{"data": nil}
	if c.server.release.errorsNull {
		reply["errors"] = nil
	}
	if fields, err := c.readQuery(query, variables); err != nil {
		reply["errors"] = []any{map[string]any{"message": err.Error()}}
	} else {
		c.answerQuery(reply, fields)
	}
	return reply
}

// readQuery fails where the query itself is wrong.
func (c *call) readQuery(text string, variables map[string]any) ([]*field, error) {
	top, err := parseQuery(text, variables)
	if err != nil {
		return nil, err
	}
	for _, f := range top {
		q, known := queries[f.name]
		if !known {
			return nil, c.unknownField(f.name, "Queries")
		}
		if err := c.checkArguments(f, q); err != nil {
			return nil, err
		}
		if err := q.check(c, f); err != nil {
			return nil, err
		}
	}
	return top, nil
}

func (c *call) checkArguments(f *field, q query) error {
	for arg := range f.args {
		if !slices.Contains(q.required, arg) && !slices.Contains(q.optional, arg) {
			return c.queryErrorf("Unknown argument '%s' on field 'Queries.%s'.", arg, f.name)
		}
	}
	for _, arg := range q.required {
		if f.args[arg] == nil {
			return c.queryErrorf("Field '%s' argument '%s' is required, but it was not provided.", f.name, arg)
		}
	}
	return nil
}

// answerQuery puts each name's answer into the reply, or null and what went wrong.
func (c *call) answerQuery(reply map[string]any, top []*field) {
	data, errs := map[string]any{}, []any{}
	for _, f := range top {
		answer, err := queries[f.name].answer(c, f)
		if err != nil {
			errs = append(errs, map[string]any{"message": err.Error(), "path": []string{f.name}})
		}
		data[f.name] = answer
	}
	reply["data"] = data
	if len(errs) > 0 {
		reply["errors"] = errs
	}
}

// keyInScope is whose sessions or keys a role may see; empty is everybody's.
func (c *call) keyInScope(f *field) (string, error) {
	access, _ := f.args["access_key"].(string)
	switch {
	case c.who.owner.Role != "user":
		return access, nil
	case access != "" && access != c.who.access:
		return "", queryErrorf("Forbidden operation.")
	}
	return c.who.access, nil
}

func (c *call) unknownField(name, typeName string) error {
	return c.queryErrorf("Cannot query field '%s' on type '%s'.", name, typeName)
}

// queryErrorf quotes as the release's library does.
func (c *call) queryErrorf(format string, args ...any) error {
	text := fmt.Sprintf(format, args...)
	if c.server.release.doubleQuotes {
		text = strings.ReplaceAll(text, "'", `"`)
	}
	return queryError(text)
}
