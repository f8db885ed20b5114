package backendai

import (
	"context"
	"encoding/json"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"

	"baissh/proxy/state"
)

// listQuery asks only for fields that the release has: one unknown field fails the
// whole query. All but more are in every release from 22.03 to 26.9.
func listQuery(more string) string {
	return listQueryHead + more + listQueryTail
}

const listQueryHead = `query($limit:Int!,$offset:Int!,$ak:String,$status:String){` +
	`compute_session_list(limit:$limit,offset:$offset,access_key:$ak,status:$status,order:"-created_at"){` +
	`items{id name type status status_changed created_at access_key group_name image service_ports `

const listQueryTail = ` containers{id container_id cluster_role cluster_idx cluster_hostname status status_changed}} total_count}}`

// liveStatuses are the names that every release knows, less those that mean gone.
const liveStatuses = "PENDING,SCHEDULED,PREPARING,PULLING,RUNNING,RESTARTING,TERMINATING,ERROR"

const (
	pageSize = 50
	maxPages = 100 // a server that never ends its list is not listing sessions
)

var uuidPattern = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$`)

// Sessions lists the key pair's own sessions that have not ended, the newest
// first. A session that is missing has not therefore ended: pages shift while
// they are read, and newer releases have states that the filter cannot name.
// Ask [Client.Lookup].
func (c *Client) Sessions(ctx context.Context) ([]state.Session, error) {
	var sessions []state.Session
	seen := map[string]bool{}
	for page := range maxPages {
		rows, total, err := c.page(ctx, page*pageSize)
		if err != nil {
			return nil, err
		}
		for _, row := range rows {
			s := row.session()
			s.Idle = row.idle(time.Now(), c.tunnelsCount())
			if row.AccessKey == c.who.accessKey() && !seen[s.ID] {
				seen[s.ID] = true
				sessions = append(sessions, s)
			}
		}
		if len(rows) < pageSize || (page+1)*pageSize >= total {
			return sessions, nil
		}
	}
	return nil, garbage("list sessions", "the list has no end")
}

// listReply is the answer to listQuery.
type listReply struct {
	Data *struct {
		List *struct {
			Items []row `json:"items"`
			Total *int  `json:"total_count"`
		} `json:"compute_session_list"`
	} `json:"data"`
	Errors []struct {
		Message string `json:"message"`
	} `json:"errors"`
}

func (c *Client) page(ctx context.Context, offset int) (rows []row, total int, err error) {
	const op = "list sessions"
	body, err := c.call(ctx, op, http.MethodPost, "/admin/gql", map[string]any{
		"query": listQuery(c.laterFields()),
		"variables": map[string]any{
			"limit": pageSize, "offset": offset, "ak": c.who.accessKey(), "status": c.statuses(),
		},
	})
	if err != nil {
		return nil, 0, err
	}
	var reply listReply
	if err := decode(op, body, &reply); err != nil {
		return nil, 0, err
	}
	return reply.rows(op)
}

func (r *listReply) rows(op string) ([]row, int, error) {
	switch {
	case len(r.Errors) > 0:
		return nil, 0, &Error{Kind: Refused, Op: op, Status: http.StatusOK, Detail: r.Errors[0].Message}
	case r.Data == nil || r.Data.List == nil || r.Data.List.Items == nil || r.Data.List.Total == nil:
		return nil, 0, garbage(op, "no list in the answer")
	}
	for _, row := range r.Data.List.Items {
		if !uuidPattern.MatchString(row.ID) {
			return nil, 0, garbage(op, "a session without an id")
		}
	}
	return r.Data.List.Items, *r.Data.List.Total, nil
}

func (c *Client) laterFields() string {
	if c.since(22, 9) {
		return idleField
	}
	return ""
}

// statuses adds the one name that matters and is not known everywhere.
func (c *Client) statuses() string {
	if c.since(23, 3) {
		return liveStatuses + ",RUNNING_DEGRADED"
	}
	return liveStatuses
}

// row is one session as the list has it. Nulls are allowed where the manager
// sends them.
type row struct {
	ID            string      `json:"id"`
	Name          string      `json:"name"`
	Type          string      `json:"type"`
	Status        string      `json:"status"`
	StatusChanged *string     `json:"status_changed"`
	CreatedAt     *string     `json:"created_at"`
	AccessKey     string      `json:"access_key"`
	Project       *string     `json:"group_name"`
	Image         *string     `json:"image"`
	ServicePorts  *string     `json:"service_ports"`
	IdleChecks    *string     `json:"idle_checks"`
	Containers    []container `json:"containers"`
}

type container struct {
	ID            string  `json:"id"`
	ContainerID   *string `json:"container_id"`
	Role          string  `json:"cluster_role"`
	Index         int     `json:"cluster_idx"`
	Host          *string `json:"cluster_hostname"`
	Status        string  `json:"status"`
	StatusChanged *string `json:"status_changed"`
}

func (r row) session() state.Session {
	s := state.Session{
		ID: r.ID, Name: r.Name, Type: strings.ToUpper(r.Type), Status: r.Status,
		Project: text(r.Project), Image: text(r.Image),
		CreatedAt: instant(r.CreatedAt), StatusChanged: instant(r.StatusChanged), HasSSH: r.hasSSH(),
	}
	if main, ok := r.main(); ok {
		s.ContainerID, s.StartedAt = main.identity(), instant(main.StatusChanged)
		s.Others = r.others(main)
	}
	return s
}

// identity is the container's own id, or that which the manager gave it.
func (c container) identity() string {
	if id := text(c.ContainerID); id != "" {
		return id
	}
	return c.ID
}

// hosts are names of containers within a cluster. Others are not asked for.
var hosts = regexp.MustCompile(`^[a-z][a-z0-9-]{0,30}$`)

// others are the containers of a cluster beside the main one.
func (r row) others(main container) (list []state.Container) {
	containers := slices.SortedStableFunc(slices.Values(r.Containers), func(a, b container) int { return a.Index - b.Index })
	for _, c := range containers {
		if c.ID != main.ID && hosts.MatchString(text(c.Host)) {
			list = append(list, state.Container{Host: text(c.Host), ID: c.identity(), StartedAt: instant(c.StatusChanged)})
		}
	}
	return list
}

// main is the container that tunnels lead to.
func (r row) main() (container, bool) {
	for _, c := range r.Containers {
		if strings.EqualFold(c.Role, "main") {
			return c, true
		}
	}
	if len(r.Containers) == 1 {
		return r.Containers[0], true
	}
	return container{}, false
}

// hasSSH is false only when the manager lists apps and sshd is not among them;
// service_ports is JSON inside a string, and null before the container runs.
func (r row) hasSSH() bool {
	var apps []struct {
		Name string `json:"name"`
	}
	if r.ServicePorts == nil || json.Unmarshal([]byte(*r.ServicePorts), &apps) != nil || apps == nil {
		return true
	}
	for _, app := range apps {
		if app.Name == "sshd" {
			return true
		}
	}
	return false
}

func text(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// instant parses the manager's times; one that is missing or odd is zero.
func instant(s *string) time.Time {
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999"} {
		if t, err := time.Parse(layout, text(s)); err == nil {
			return t.UTC()
		}
	}
	return time.Time{}
}
