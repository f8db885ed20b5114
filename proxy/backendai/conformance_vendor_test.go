package backendai_test

import (
	"bytes"
	"encoding/json"
	"strings"

	"baissh/proxy/backendai/backendaitest/site"
)

// What the vendor's own client relies on, and we do not. "make test-vendor" has that
// client work on the simulator; these hold what it is told there to the real one.
var vendorBehaviours = []behaviour{
	{name: "vendor/the announcement is for anybody", is: func(tr *trial) {
		r := tr.send(tr.request("GET", "/manager/announcement", ""))
		tr.want(r, good)
		tr.same(string(r.body), `{"enabled": false, "message": ""}`)
	}},
	{name: "vendor/one's own key pair", holds: "errorsNull", is: func(tr *trial) {
		keys := tr.keys(site.Alice)
		tr.says(`query { keypair { access_key secret_key is_active is_admin } }`, "",
			`{"data": {"keypair": {"access_key": "`+keys.AccessKey+`", "secret_key": "`+keys.SecretKey+`", "is_active": true, "is_admin": false}}`+tr.noErrors()+`}`)
	}},
	{name: "vendor/another key pair is refused, with 200", is: func(tr *trial) {
		for _, other := range []site.User{site.Bob, site.Alice2} {
			tr.says(`query($id: String) { keypair(access_key: $id) { is_active } }`, tr.keys(other).AccessKey,
				`{"data": {"keypair": null}, "errors": [{"message": "Forbidden operation.", "path": ["keypair"]}]}`)
		}
	}},
	{name: "vendor/one session by its UUID", is: func(tr *trial) {
		s := tr.session()
		tr.says(oneSession, s.ID(), `{"data": {"compute_session": {"name": "`+s.Name()+`", "id": "`+s.ID()+`", "status": "RUNNING",
			"containers": [{"cluster_hostname": "main1", "live_stat": null}], "dependencies": []}}`+tr.noErrors()+`}`)
	}},
	{name: "vendor/a UUID that is nobody's, or another's, is null", is: func(tr *trial) {
		bobs := tr.create(site.Spec{User: site.Bob, Pending: true})
		ids := []string{"00000000-0000-4000-8000-00000000ffff", bobs.ID()}
		if tr.from("23.03") {
			ids = append(ids, tr.row(tr.session()).Containers[0].ID)
		}
		for _, id := range ids {
			tr.says(oneSession, id, `{"data": {"compute_session": null}`+tr.noErrors()+`}`)
		}
	}},
	{name: "vendor/an unknown field is named, and its type", holds: "doubleQuotes", is: func(tr *trial) {
		mark := since[string]{"22.03": `\"`, "23.09.10": "'"}.at(tr)
		for query, what := range map[string]string{
			`query { keypair { nonsense } }`: "Cannot query field 'nonsense' on type 'KeyPair'.",
			`query { nonsense { name } }`:    "Cannot query field 'nonsense' on type 'Queries'.",
		} {
			tr.says(query, "", `{"data": null, "errors": [{"message": "`+strings.ReplaceAll(what, "'", mark)+`"}]}`)
		}
	}},
	{name: "vendor/an unknown status is named, and nothing else", is: func(tr *trial) {
		tr.says(`query { compute_session_list(limit: 1, offset: 0, status: "RUNNING,NONSENSE") { total_count } }`, "",
			`{"data": {"compute_session_list": null}, "errors": [{"message": "'NONSENSE'", "path": ["compute_session_list"]}]}`)
	}},
	{name: "vendor/the client's download, in its forms", holds: "download", is: func(tr *trial) {
		target := "/session/" + tr.session().ID() + "/download"
		tr.wantForms(target, "?files=id_container", `{"files": ["id_container"]}`)
		r := tr.ask(site.Alice, since[string]{"22.03": "GET", "24.03": "POST"}.at(tr), target+"?files=id_container", "")
		tr.want(r, good)
		if media := r.header.Get("Content-Type"); !strings.HasPrefix(media, "multipart/mixed") || !bytes.Contains(r.body, []byte("ustar")) {
			tr.Errorf("it is %s: %.200q", media, r.body)
		}
	}},
}

const oneSession = `query($id: UUID!) { compute_session(id: $id) { name id status
	containers { cluster_hostname live_stat } dependencies { name id } } }`

// noErrors is what the newest say of errors when there are none.
func (tr *trial) noErrors() string {
	return since[string]{"22.03": "", "26.4": `, "errors": null`}.at(tr)
}

// says compares the answer to a query; where in the query something is wrong is left out.
func (tr *trial) says(query, id, want string) {
	tr.Helper()
	body, err := json.Marshal(map[string]any{"query": query, "variables": map[string]string{"id": id}})
	tr.must(err)
	r := tr.ask(site.Alice, "POST", "/admin/gql", string(body))
	tr.want(r, good)
	tr.same(string(r.body), want)
}

func (tr *trial) same(got, want string) {
	tr.Helper()
	if plain(got) != plain(want) {
		tr.Errorf("got  %s\nwant %s", plain(got), plain(want))
	}
}

// plain is the same JSON in one form.
func plain(text string) string {
	var value map[string]any
	if err := json.Unmarshal([]byte(text), &value); err != nil {
		return text
	}
	if list, ok := value["errors"].([]any); ok {
		for _, e := range list {
			delete(e.(map[string]any), "locations")
		}
	}
	again, err := json.Marshal(value)
	if err != nil {
		return text
	}
	return string(again)
}
