package backendai_test

import (
	"encoding/json"
	"fmt"
	"strings"

	"baissh/proxy/backendai/backendaitest/site"
)

// A listed session is one as the list has it.
type listed struct {
	ID            string
	Name          string
	Type          string
	Status        string
	StatusInfo    *string `json:"status_info"`
	StatusChanged string  `json:"status_changed"`
	AccessKey     string  `json:"access_key"`
	ServicePorts  *string `json:"service_ports"`
	ClusterMode   string  `json:"cluster_mode"`
	Containers    []struct {
		ID            string
		ContainerID   string `json:"container_id"`
		Role          string `json:"cluster_role"`
		Index         int    `json:"cluster_idx"`
		Hostname      string `json:"cluster_hostname"`
		Status        string
		StatusChanged string `json:"status_changed"`
	}
}

const listedFields = `id name type status status_info status_changed access_key service_ports cluster_mode ` +
	`containers{id container_id cluster_role cluster_idx cluster_hostname status status_changed}`

// A listing is the answer to a list, or what it says of the query.
type listing struct {
	data   string // as it came
	items  []listed
	total  int
	errors []string
}

// list asks as a user; "more" are further arguments.
func (tr *trial) list(who site.User, fields, more string) listing {
	tr.Helper()
	return tr.query(who, fmt.Sprintf(`query{compute_session_list(%s){items{%s} total_count}}`, more, fields))
}

// query asks anything; of another answer than a list there is only the text.
func (tr *trial) query(who site.User, query string) listing {
	tr.Helper()
	body, err := json.Marshal(map[string]any{"query": query, "variables": map[string]any{}})
	if err != nil {
		tr.Fatal(err)
	}
	r := tr.ask(who, "POST", "/admin/gql", string(body))
	tr.want(r, good)
	var reply struct {
		Data   json.RawMessage
		Errors []struct{ Message string }
	}
	var data struct {
		List *struct {
			Items []listed
			Total int `json:"total_count"`
		} `json:"compute_session_list"`
	}
	if err := json.Unmarshal(r.body, &reply); err != nil {
		tr.Fatal(err)
	}
	_ = json.Unmarshal(reply.Data, &data) // it may be null
	l := listing{data: string(reply.Data)}
	if data.List != nil {
		l.items, l.total = data.List.Items, data.List.Total
	}
	for _, e := range reply.Errors {
		l.errors = append(l.errors, e.Message)
	}
	return l
}

// row is the session's in its owner's list.
func (tr *trial) row(s site.Session) listed {
	tr.Helper()
	for _, row := range tr.list(site.Alice, listedFields, `limit:100,offset:0,order:"-created_at"`).items {
		if row.ID == s.ID() {
			return row
		}
	}
	tr.Fatalf("%s is not listed", s.Name())
	return listed{}
}

var listBehaviours = []behaviour{
	{name: "list/what a session that runs looks like", holds: "statusInfoNull", is: func(tr *trial) {
		s, access := tr.session(), tr.keys(site.Alice).AccessKey
		row := tr.row(s)
		if row.Name != s.Name() || row.Type != "INTERACTIVE" || row.Status != "RUNNING" || row.AccessKey != access || row.ClusterMode != "single-node" {
			tr.Errorf("it is %+v", row)
		}
		if null := row.StatusInfo == nil; null != tr.from("26.9") || !null && *row.StatusInfo != "" {
			tr.Errorf("its status_info is %v", row.StatusInfo)
		}
	}},
	{name: "list/what its container looks like", is: func(tr *trial) {
		for _, c := range tr.row(tr.session()).Containers {
			if len(c.ContainerID) != 64 || c.ID == "" || c.Role != "main" || c.Index != 1 || c.Hostname != "main1" || c.Status != "RUNNING" {
				tr.Errorf("it is %+v", c)
			}
		}
	}},
	{name: "list/the ids of containers", holds: "mainIsSession kernelIDsByTime", is: func(tr *trial) {
		s := tr.create(site.Spec{Containers: 2, Pending: true})
		for _, c := range tr.row(s).Containers {
			if isSession := c.ID == s.ID(); isSession != (c.Role == "main" && !tr.from("23.03")) {
				tr.Errorf("the %s container is %s, the session %s", c.Role, c.ID, s.ID())
			}
			if byTime := c.ID[14] == '7'; byTime != tr.from("26.9") {
				tr.Errorf("the %s container is %s", c.Role, c.ID)
			}
		}
	}},
	{name: "list/apps are JSON inside a text, sshd the first", is: func(tr *trial) {
		var apps []struct {
			Name           string
			Protocol       string
			ContainerPorts []int `json:"container_ports"`
			HostPorts      []int `json:"host_ports"`
		}
		text := tr.row(tr.session()).ServicePorts
		if text == nil || json.Unmarshal([]byte(*text), &apps) != nil || len(apps) < 2 {
			tr.Fatalf("they are %v", text)
		}
		if a := apps[0]; a.Name != "sshd" || a.Protocol != "tcp" || len(a.ContainerPorts) != 1 || a.ContainerPorts[0] != 2200 || len(a.HostPorts) != 1 {
			tr.Errorf("the first is %+v", a)
		}
	}},
	{name: "list/a session that waits has no apps, and null for its containers' ids", is: func(tr *trial) {
		row := tr.row(tr.create(site.Spec{Pending: true}))
		if row.Status != "PENDING" || row.ServicePorts != nil || len(row.Containers) != 1 || row.Containers[0].ContainerID != "" {
			tr.Errorf("it is %+v", row)
		}
	}},
	{name: "list/a session without an ssh server lists no app of that name", is: func(tr *trial) {
		if text := tr.row(tr.create(site.Spec{SSH: site.NoApp})).ServicePorts; text == nil || strings.Contains(*text, `"sshd"`) {
			tr.Errorf("its apps are %v", text)
		}
	}},
	{name: "list/pages", alone: true, is: func(tr *trial) {
		want := map[string]bool{tr.session().ID(): true}
		for range 2 {
			want[tr.create(site.Spec{Pending: true}).ID()] = true
		}
		for offset := range 3 {
			page := tr.list(site.Alice, "id", fmt.Sprintf(`limit:1,offset:%d,order:"-created_at",status:"PENDING,RUNNING"`, offset))
			if len(page.items) != 1 || page.total != 3 || !want[page.items[0].ID] {
				tr.Fatalf("page %d is %+v", offset, page)
			}
			delete(want, page.items[0].ID)
		}
		if page := tr.list(site.Alice, "id", `limit:1,offset:3,status:"PENDING,RUNNING"`); len(page.items) != 0 || page.total != 3 {
			tr.Errorf("beyond the end: %+v", page)
		}
	}},
	{name: "list/somebody else's key is refused, with 200", is: func(tr *trial) {
		for _, other := range []site.User{site.Bob, site.Alice2} {
			l := tr.list(site.Alice, "id", fmt.Sprintf(`limit:1,offset:0,access_key:%q`, tr.keys(other).AccessKey))
			if len(l.errors) == 0 || len(l.items) > 0 {
				tr.Errorf("%s: %+v", other, l)
			}
		}
	}},
	{name: "list/somebody else's sessions are not in it", is: func(tr *trial) {
		bobs := tr.create(site.Spec{User: site.Bob, Pending: true})
		for _, row := range tr.list(site.Alice, "id", "limit:100,offset:0").items {
			if row.ID == bobs.ID() {
				tr.Error("Alice sees Bob's session")
			}
		}
	}},
}
