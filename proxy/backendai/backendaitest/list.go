package backendaitest

import (
	"slices"
	"strings"
)

// Fields that every release has.
var (
	sessionFields = strings.Fields(`id session_id tag name type image architecture registry cluster_template
		cluster_mode cluster_size domain_name group_name group_id user_email user_id access_key created_user_email
		created_user_id status status_changed status_info status_data created_at terminated_at starts_at
		startup_command result resource_opts scaling_group service_ports mounts occupied_slots num_queries
		containers dependencies`)
	kernelFields = strings.Fields(`id idx role hostname cluster_idx cluster_role cluster_hostname session_id image
		architecture registry status status_info status_data status_changed created_at terminated_at starts_at
		agent container_id resource_opts occupied_slots live_stat last_stat`)
)

// checkList fails the whole query for one field that the release does not have.
func (c *call) checkList(list *field) error {
	for _, f := range list.fields {
		switch f.name {
		case "items":
			if err := c.checkSession(f); err != nil {
				return err
			}
		case "total_count":
		default:
			return c.unknownField(f.name, "ComputeSessionList")
		}
	}
	return nil
}

// checkSession looks at what is asked of a session, and of those inside of it.
func (c *call) checkSession(session *field) error {
	if err := c.known(session.fields, "ComputeSession", sessionFields, c.server.release.fields); err != nil {
		return err
	}
	for _, inner := range session.fields {
		var err error
		switch inner.name {
		case "containers":
			err = c.known(inner.fields, "ComputeContainer", kernelFields, c.server.release.kernels)
		case "dependencies":
			err = c.checkSession(inner)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (c *call) known(fields []*field, typeName string, names ...[]string) error {
	for _, f := range fields {
		if !slices.ContainsFunc(names, func(list []string) bool { return slices.Contains(list, f.name) }) {
			return c.unknownField(f.name, typeName)
		}
	}
	return nil
}

// list selects, orders and cuts the sessions that the caller asks for.
func (c *call) list(f *field) (any, error) {
	limit, _ := f.args["limit"].(float64)
	offset, _ := f.args["offset"].(float64)
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
	access, err := c.keyInScope(f)
	if err != nil {
		return nil, err
	}
	var statuses []string
	if text, _ := f.args["status"].(string); text != "" {
		statuses = strings.Split(text, ",")
	}
	for _, status := range statuses {
		if !slices.Contains(c.server.release.statuses, status) {
			return nil, queryErrorf("'%s'", status)
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
