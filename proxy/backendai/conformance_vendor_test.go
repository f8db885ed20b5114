package backendai_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strings"

	"baissh/proxy/backendai/backendaitest/site"
)

// What the vendor's own client relies on, and we do not. "make test-vendor" has that
// client work on the simulator; these hold what it is told there to the real one.
var vendorBehaviours = []behaviour{
	{name: "vendor/the announcement is for anybody", is: func(tr *trial) {
		r := tr.send(tr.request("GET", "/manager/announcement", ""))
		tr.want(r, http.StatusOK, "")
		tr.same(string(r.body), `{"enabled": false, "message": ""}`)
	}},
	{name: "vendor/one's own key pair", is: func(tr *trial) {
		keys := tr.keys(site.Alice)
		tr.says(`query { keypair { access_key secret_key is_active is_admin } }`, "",
			`{"data": {"keypair": {"access_key": "`+keys.AccessKey+`", "secret_key": "`+keys.SecretKey+`", "is_active": true, "is_admin": false}}}`)
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
			"containers": [{"cluster_hostname": "main1", "preopen_ports": null, "live_stat": null}], "dependencies": []}}}`)
	}},
	{name: "vendor/a UUID that is nobody's, or another's, is null", is: func(tr *trial) {
		bobs := tr.create(site.Spec{User: site.Bob, Pending: true})
		for _, id := range []string{"00000000-0000-4000-8000-00000000ffff", bobs.ID(), tr.row(tr.session()).Containers[0].ID} {
			tr.says(oneSession, id, `{"data": {"compute_session": null}}`)
		}
	}},
	{name: "vendor/an unknown field is named, and its type", is: func(tr *trial) {
		tr.says(`query { keypair { nonsense } }`, "",
			`{"data": null, "errors": [{"message": "Cannot query field 'nonsense' on type 'KeyPair'."}]}`)
		tr.says(`query { nonsense { name } }`, "",
			`{"data": null, "errors": [{"message": "Cannot query field 'nonsense' on type 'Queries'."}]}`)
	}},
	{name: "vendor/an unknown status is named, and nothing else", is: func(tr *trial) {
		tr.says(`query { compute_session_list(limit: 1, offset: 0, status: "RUNNING,PREPARED") { total_count } }`, "",
			`{"data": {"compute_session_list": null}, "errors": [{"message": "'PREPARED'", "path": ["compute_session_list"]}]}`)
	}},
	{name: "vendor/the client's download: GET with a body", is: func(tr *trial) {
		r := tr.ask(site.Alice, "GET", "/session/"+tr.session().ID()+"/download", `{"files": ["id_container"]}`)
		tr.want(r, http.StatusOK, "")
		if media := r.header.Get("Content-Type"); !strings.HasPrefix(media, "multipart/mixed") || !bytes.Contains(r.body, []byte("ustar")) {
			tr.Errorf("it is %s: %.200q", media, r.body)
		}
	}},
	{name: "vendor/its newer download is 405", is: func(tr *trial) {
		tr.want(tr.ask(site.Alice, "POST", "/session/"+tr.session().ID()+"/download?files=id_container", ""),
			http.StatusMethodNotAllowed, "method-not-allowed")
	}},
}

const oneSession = `query($id: UUID!) { compute_session(id: $id) { name id status
	containers { cluster_hostname preopen_ports live_stat } dependencies { name id } } }`

// says compares the answer to a query; where in the query something is wrong is left out.
func (tr *trial) says(query, id, want string) {
	tr.Helper()
	body, err := json.Marshal(map[string]any{"query": query, "variables": map[string]string{"id": id}})
	tr.must(err)
	r := tr.ask(site.Alice, "POST", "/admin/gql", string(body))
	tr.want(r, http.StatusOK, "")
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
