package backendai_test

import (
	"encoding/json"
	"net/http"
	"strings"

	"baissh/proxy/backendai/backendaitest/site"
)

const nobodys = "1f7a6d2e-3b0c-4b4e-9d51-0a5f2c9e8b77"

// lookUp asks for a session in the two ways there are, below /session and below
// /stream, and wants the same of both.
func (tr *trial) lookUp(who site.User, text string, status int, slug string) {
	tr.Helper()
	for _, target := range []string{"/session/" + text, "/stream/session/" + text + "/apps"} {
		r := tr.ask(who, "GET", target, "")
		if r.status != status || r.slug != slug {
			tr.Errorf("%s as %s: got %d %s, want %d %s", target, who, r.status, r.slug, status, slug)
		}
	}
}

var lookupBehaviours = []behaviour{
	{name: "lookup/by id, and by id in capitals", is: func(tr *trial) {
		id := tr.session().ID()
		tr.lookUp(site.Alice, id, http.StatusOK, "")
		tr.lookUp(site.Alice, strings.ToUpper(id), http.StatusOK, "")
	}},
	{name: "lookup/its answer is a status", is: func(tr *trial) {
		var said struct{ Status string }
		r := tr.ask(site.Alice, "GET", "/session/"+tr.session().ID(), "")
		if err := json.Unmarshal(r.body, &said); err != nil || said.Status != "RUNNING" {
			tr.Errorf("%s, %v", r.body, err)
		}
	}},
	{name: "lookup/by name, not by its beginning nor in capitals", is: func(tr *trial) {
		name := tr.session().Name()
		tr.lookUp(site.Alice, name, http.StatusOK, "")
		for _, text := range []string{name[:4], strings.ToUpper(name), tr.session().ID()[:8]} {
			tr.lookUp(site.Alice, text, http.StatusNotFound, "object-not-found")
		}
	}},
	{name: "lookup/not by the container's id", is: func(tr *trial) {
		tr.lookUp(site.Alice, tr.row(tr.session()).Containers[0].ID, http.StatusNotFound, "object-not-found")
	}},
	{name: "lookup/nobody's id is 404", is: func(tr *trial) {
		tr.lookUp(site.Alice, nobodys, http.StatusNotFound, "object-not-found")
	}},
	{name: "lookup/somebody else's id is 404", is: func(tr *trial) {
		tr.lookUp(site.Bob, tr.session().ID(), http.StatusNotFound, "object-not-found")
	}},
	{name: "lookup/a session that waits is found", is: func(tr *trial) {
		s := tr.create(site.Spec{Pending: true})
		tr.lookUp(site.Alice, s.ID(), http.StatusOK, "")
		if r := tr.ask(site.Alice, "GET", "/stream/session/"+s.ID()+"/apps", ""); string(r.body) != "[]" {
			tr.Errorf("its apps are %s", r.body)
		}
	}},
	{name: "lookup/a renamed session keeps its id and loses its name", is: func(tr *trial) {
		s := tr.create(site.Spec{Name: "old-name"})
		before := tr.row(s).StatusChanged
		tr.must(s.Rename("new-name"))
		tr.lookUp(site.Alice, s.ID(), http.StatusOK, "")
		tr.lookUp(site.Alice, "new-name", http.StatusOK, "")
		tr.lookUp(site.Alice, "old-name", http.StatusNotFound, "object-not-found")
		if row := tr.row(s); row.Name != "new-name" || row.StatusChanged != before {
			tr.Errorf("the list calls it %s since %s, before %s", row.Name, row.StatusChanged, before)
		}
	}},
	{name: "lookup/of two with one name neither is found by it, both by id", is: func(tr *trial) {
		a, b := tr.create(site.Spec{Name: "twin-a"}), tr.create(site.Spec{Name: "twin-b"})
		tr.must(b.Rename("twin-a"))
		tr.lookUp(site.Alice, "twin-a", http.StatusNotFound, "too-many-sessions-matched")
		tr.lookUp(site.Alice, a.ID(), http.StatusOK, "")
		tr.lookUp(site.Alice, b.ID(), http.StatusOK, "")
	}},
	{name: "lookup/an ended session is 404, also while another has its name", is: func(tr *trial) {
		s := tr.create(site.Spec{Name: "same-name"})
		tr.must(s.End())
		tr.lookUp(site.Alice, s.ID(), http.StatusNotFound, "object-not-found")
		tr.create(site.Spec{Name: "same-name"})
		tr.lookUp(site.Alice, s.ID(), http.StatusNotFound, "object-not-found")
	}},
}
