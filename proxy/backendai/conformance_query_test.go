package backendai_test

import (
	"slices"
	"strings"

	"baissh/proxy/backendai/backendaitest/site"
)

// What a query may name, beyond what every release has.
var queryBehaviours = []behaviour{
	{name: "query/an unknown status fails it with 200 and no list", holds: "statuses", is: func(tr *trial) {
		known := strings.Fields(since[string]{
			"22.03": "BUILDING RESIZING SUSPENDED",
			"23.03": "RUNNING_DEGRADED",
			"25.6":  "RUNNING_DEGRADED PREPARED CREATING",
			"26.4":  "RUNNING_DEGRADED PREPARED CREATING DEPRIORITIZING",
			"26.8":  "RUNNING_DEGRADED PREPARED CREATING DEPRIORITIZING RESERVED PREEMPTED RESCHEDULING",
		}.at(tr))
		for _, status := range strings.Fields("NONSENSE running BUILDING RESIZING SUSPENDED RUNNING_DEGRADED PREPARED CREATING " +
			"DEPRIORITIZING RESERVED PREEMPTED RESCHEDULING") {
			l := tr.list(site.Alice, "id", `limit:1,offset:0,status:"RUNNING,`+status+`"`)
			none := l.data == `{"compute_session_list": null}` || l.data == `{"compute_session_list":null}`
			if failed := len(l.errors) > 0 && none; failed == slices.Contains(known, status) {
				tr.Errorf("%s: %+v", status, l)
			}
		}
	}},
	{name: "query/an unknown field fails it with 200 and no data", holds: "fields kernels", is: func(tr *trial) {
		tr.wantFields(func(field string) listing { return tr.list(site.Alice, "id "+field, "limit:1,offset:0") },
			since[string]{
				"22.03": "nonsense", "22.09": "full_name idle_checks commit_status status_history",
				"23.03": "main_kernel_id main_kernel_role scheduled_at agent_ids vfolder_mounts occupying_slots",
				"24.03": "requested_slots", "24.09": "priority",
			})
		tr.wantFields(func(field string) listing {
			return tr.list(site.Alice, "containers{id "+field+"}", "limit:1,offset:0")
		}, since[string]{
			"22.03": "nonsense", "22.09": "local_rank abusing_report", "23.03": "agent_addr preopen_ports",
			"24.03": "kernel_id image_object{name}",
		})
	}},
	{name: "query/an unknown field of a key pair", holds: "keyPairs", is: func(tr *trial) {
		tr.wantFields(func(field string) listing { return tr.query(site.Alice, "query{keypair{user_id "+field+"}}") },
			since[string]{"22.03": "nonsense", "23.03": "projects", "24.09": "rolling_count"})
	}},
}

// wantFields tries what each release added: those up to the trial's answer.
func (tr *trial) wantFields(ask func(field string) listing, added since[string]) {
	tr.Helper()
	for release, fields := range added {
		for _, field := range strings.Fields(fields) {
			l := ask(field)
			known := tr.from(release) && field != "nonsense"
			if failed := len(l.errors) > 0 && l.data == "null"; failed == known {
				tr.Errorf("%s of %s: %+v", field, release, l)
			}
		}
	}
}
