package backendai_test

import (
	"encoding/json"
	"strings"

	"baissh/proxy/backendai/backendaitest/site"
)

const nobodys = "1f7a6d2e-3b0c-4b4e-9d51-0a5f2c9e8b77"

// lookUp asks for a session in the two ways there are, below /session and below
// /stream.
func (tr *trial) lookUp(who site.User, text string, session, stream answer) {
	tr.Helper()
	for target, want := range map[string]answer{"/session/" + text: session, "/stream/session/" + text + "/apps": stream} {
		r := tr.ask(who, "GET", target, "")
		if got := (answer{r.status, r.slug}); got != want {
			tr.Errorf("%s as %s: got %v, want %v", target, who, got, want)
		}
	}
}

func (tr *trial) rename(who site.User, s site.Session, name string) reply {
	tr.Helper()
	return tr.ask(who, "POST", "/session/"+s.ID()+"/rename", `{"name": "`+name+`"}`)
}

// unknown is how streams speak of a name that nothing has which lives.
func (tr *trial) unknown() answer {
	return since[answer]{"22.03": noSession, "26.9": noEntity}.at(tr)
}

// notMine is what an id is that is nobody's, or somebody else's.
func (tr *trial) notMine() answer {
	return since[answer]{"22.03": noSession, "26.9": forbidden}.at(tr)
}

var lookupBehaviours = []behaviour{
	{name: "lookup/by id, and by id in capitals", is: func(tr *trial) {
		id := tr.session().ID()
		tr.lookUp(site.Alice, id, good, good)
		tr.lookUp(site.Alice, strings.ToUpper(id), good, good)
	}},
	{name: "lookup/its answer is a status", is: func(tr *trial) {
		var said struct{ Status string }
		r := tr.ask(site.Alice, "GET", "/session/"+tr.session().ID(), "")
		if err := json.Unmarshal(r.body, &said); err != nil || said.Status != "RUNNING" {
			tr.Errorf("%s, %v", r.body, err)
		}
	}},
	{name: "lookup/by name, and by the beginnings of old", holds: "sessionLookup streamLookup entityNotFound", is: func(tr *trial) {
		name, id := tr.session().Name(), tr.session().ID()
		tr.lookUp(site.Alice, name, good, good)
		tr.lookUp(site.Alice, strings.ToUpper(name), noSession, tr.unknown())
		for _, text := range []string{name[:4], id[:8]} {
			if tr.from("23.03") {
				tr.lookUp(site.Alice, text, noSession, tr.unknown())
			} else {
				tr.lookUp(site.Alice, text, good, good)
			}
		}
	}},
	{name: "lookup/not by the container's id, unless it is the session's", is: func(tr *trial) {
		want := since[answer]{"22.03": good, "23.03": noSession, "26.9": forbidden}.at(tr)
		tr.lookUp(site.Alice, tr.row(tr.session()).Containers[0].ID, want, want)
	}},
	{name: "lookup/nobody's id", holds: "foreignIsForbidden", is: func(tr *trial) {
		tr.lookUp(site.Alice, nobodys, tr.notMine(), tr.notMine())
	}},
	{name: "lookup/somebody else's id", holds: "foreignIsForbidden", is: func(tr *trial) {
		tr.lookUp(site.Bob, tr.session().ID(), tr.notMine(), tr.notMine())
	}},
	{name: "lookup/a session that waits is found, but by the newest streams", holds: "streamLookup", is: func(tr *trial) {
		s := tr.create(site.Spec{Pending: true})
		if tr.from("26.4") {
			tr.lookUp(site.Alice, s.ID(), good, noSession)
			return
		}
		tr.lookUp(site.Alice, s.ID(), good, good)
		if r := tr.ask(site.Alice, "GET", "/stream/session/"+s.ID()+"/apps", ""); string(r.body) != "[]" {
			tr.Errorf("its apps are %s", r.body)
		}
	}},
	{name: "lookup/a renamed session keeps its id and loses its name", is: func(tr *trial) {
		s := tr.create(site.Spec{Name: "old-name"})
		before := tr.row(s).StatusChanged
		tr.must(s.Rename("new-name"))
		tr.lookUp(site.Alice, s.ID(), good, good)
		tr.lookUp(site.Alice, "new-name", good, good)
		tr.lookUp(site.Alice, "old-name", noSession, tr.unknown())
		if row := tr.row(s); row.Name != "new-name" || row.StatusChanged != before {
			tr.Errorf("the list calls it %s since %s, before %s", row.Name, row.StatusChanged, before)
		}
	}},
	{name: "lookup/of two with one name neither is found by it, both by id; most releases have no two", holds: "names", is: func(tr *trial) {
		a, b := tr.create(site.Spec{Name: "twin-a"}), tr.create(site.Spec{Name: "twin-b"})
		want := since[answer]{"22.03": brokenServer, "23.03": renamed, "25.15": wrongParams, "26.4": alreadyThere}.at(tr)
		tr.want(tr.rename(site.Alice, b, "twin-a"), want)
		first, second := tooMany, noSession
		if want != renamed {
			first, second = good, good
		}
		tr.lookUp(site.Alice, "twin-a", first, first)
		tr.lookUp(site.Alice, "twin-b", second, second)
		tr.lookUp(site.Alice, a.ID(), good, good)
		tr.lookUp(site.Alice, b.ID(), good, good)
	}},
	{name: "lookup/a name is unique among those of a key pair, of all, of a user, or not at all", holds: "names", is: func(tr *trial) {
		had := tr.create(site.Spec{Name: "had-already"}).Name()
		for who, free := range map[site.User]since[bool]{
			site.Alice:  {"22.03": false, "23.03": true, "25.15": false},
			site.Alice2: {"22.03": true, "25.15": false},
			site.Bob:    {"22.03": true, "25.15": false, "26.4": true},
		} {
			if who == site.Alice2 && tr.from("23.09.10") && !tr.from("25.15") {
				continue // who is not let in there
			}
			r := tr.rename(who, tr.create(site.Spec{User: who}), had)
			if got := r.status == renamed.status; got != free.at(tr) {
				tr.Errorf("%s may have it, too: %t (%d %s)", who, got, r.status, r.slug)
			}
		}
	}},
	{name: "lookup/an ended session is 404, and the newest streams take its namesake for it", holds: "streamLookup entityNotFound", is: func(tr *trial) {
		s := tr.create(site.Spec{Name: "same-name"})
		tr.must(s.End())
		tr.lookUp(site.Alice, s.ID(), noSession, tr.unknown())
		tr.create(site.Spec{Name: "same-name"})
		tr.lookUp(site.Alice, s.ID(), noSession, since[answer]{"22.03": noSession, "26.4": good}.at(tr))
	}},
}
