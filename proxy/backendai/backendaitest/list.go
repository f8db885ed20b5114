package backendaitest

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
)

// graphQL answers the one query that managers of every release understand. What
// goes wrong inside of it has status 200 all the same.
func (c *call) graphQL() *problem {
	var body struct {
		Query     string         `json:"query"`
		Variables map[string]any `json:"variables"`
	}
	if err := json.NewDecoder(c.r.Body).Decode(&body); err != nil || body.Query == "" {
		return invalidParams("query: is required")
	}
	data, err := c.resolve(body.Query, body.Variables)
	reply := map[string]any{"data": data}
	if err != nil {
		reply["errors"] = []any{map[string]any{"message": err.Error()}}
	} else if c.server.release.errorsNull {
		reply["errors"] = nil
	}
	writeJSON(c.w, http.StatusOK, reply)
	return nil
}

const listField = "compute_session_list"

// resolve returns what "data" is to be. It is nil when the query itself is wrong,
// and has a null list when the list is.
func (c *call) resolve(query string, variables map[string]any) (any, error) {
	top, err := parseQuery(query, variables)
	if err != nil {
		return nil, err
	}
	if len(top) != 1 || top[0].name != listField {
		return nil, queryErrorf("Cannot query field %q on type \"Queries\".", top[0].name)
	}
	if err := c.checkFields(top[0]); err != nil {
		return nil, err
	}
	list, err := c.list(top[0])
	if err != nil {
		return map[string]any{listField: nil}, err
	}
	return map[string]any{listField: list}, nil
}

// Fields that every release has.
var (
	listArguments = []string{"limit", "offset", "filter", "order", "domain_name", "group_id", "access_key", "status"}
	sessionFields = strings.Fields(`id session_id tag name type image architecture registry cluster_template
		cluster_mode cluster_size domain_name group_name group_id user_email user_id access_key created_user_email
		created_user_id status status_changed status_info status_data created_at terminated_at starts_at
		startup_command result resource_opts scaling_group service_ports mounts occupied_slots num_queries
		containers dependencies`)
	kernelFields = strings.Fields(`id cluster_idx cluster_role cluster_hostname session_id status status_info
		status_changed agent container_id`)
)

// checkFields fails the whole query for one field that the release does not have.
func (c *call) checkFields(list *field) error {
	for arg := range list.args {
		if !slices.Contains(listArguments, arg) {
			return unknownField(arg, "compute_session_list")
		}
	}
	for _, f := range list.fields {
		if f.name != "items" && f.name != "total_count" {
			return unknownField(f.name, "ComputeSessionList")
		}
		if err := known(f.fields, "ComputeSession", sessionFields, c.server.release.fields); err != nil {
			return err
		}
		for _, inner := range f.fields {
			if err := known(inner.fields, "ComputeContainer", kernelFields, c.server.release.kernels); err != nil {
				return err
			}
		}
	}
	return nil
}

func known(fields []*field, typeName string, names ...[]string) error {
	for _, f := range fields {
		if !slices.ContainsFunc(names, func(list []string) bool { return slices.Contains(list, f.name) }) {
			return unknownField(f.name, typeName)
		}
	}
	return nil
}

func unknownField(name, typeName string) error {
	return queryErrorf("Cannot query field %q on type %q.", name, typeName)
}

// list selects, orders and cuts the sessions that the caller asks for.
func (c *call) list(f *field) (map[string]any, error) {
	limit, hasLimit := f.args["limit"].(float64)
	offset, hasOffset := f.args["offset"].(float64)
	if !hasLimit || !hasOffset {
		return nil, queryErrorf("Variable \"$limit\" of required type \"Int!\" was not provided.")
	}
	wants, err := c.listFilter(f)
	if err != nil {
		return nil, err
	}
	c.server.mu.Lock()
	defer c.server.mu.Unlock()
	found := slices.DeleteFunc(slices.Clone(c.server.sessions), func(e *Session) bool { return !wants(e) })
	if order, _ := f.args["order"].(string); strings.HasPrefix(order, "-") {
		slices.Reverse(found)
	}
	from := min(int(offset), len(found))
	page := found[from:min(from+int(limit), len(found))]
	return c.render(f, page, len(found)), nil
}

// listFilter knows whose sessions a role may list.
func (c *call) listFilter(f *field) (func(*Session) bool, error) {
	access, _ := f.args["access_key"].(string)
	if c.who.owner.Role == "user" {
		if access != "" && access != c.who.access {
			return nil, queryErrorf("Forbidden operation.")
		}
		access = c.who.access
	}
	var statuses []string
	if text, _ := f.args["status"].(string); text != "" {
		statuses = strings.Split(text, ",")
	}
	for _, status := range statuses {
		if !slices.Contains(c.server.release.statuses, status) {
			return nil, queryErrorf("%q is not a valid status", status)
		}
	}
	return func(e *Session) bool {
		return !e.hidden && (access == "" || e.owner.access == access) &&
			(len(statuses) == 0 || slices.Contains(statuses, e.status))
	}, nil
}

func (c *call) render(f *field, page []*Session, total int) map[string]any {
	list := map[string]any{}
	for _, part := range f.fields {
		if part.name == "total_count" {
			list["total_count"] = total
			continue
		}
		items := []any{}
		for _, e := range page {
			items = append(items, pick(e.row(), part.fields))
		}
		list["items"] = items
	}
	return list
}

// pick keeps of a row what was asked for, down to the containers.
func pick(row map[string]any, fields []*field) map[string]any {
	picked := map[string]any{}
	for _, f := range fields {
		picked[f.name] = row[f.name]
		if rows, ok := row[f.name].([]map[string]any); ok {
			inner := []any{}
			for _, r := range rows {
				inner = append(inner, pick(r, f.fields))
			}
			picked[f.name] = inner
		}
	}
	return picked
}
