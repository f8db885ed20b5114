package backendaitest

import (
	"strings"
	"testing"
)

// What a real 23.09.10 was seen to answer; the fields of the others are from
// their sources.
func TestQueries(t *testing.T) {
	const (
		id   = "1f7a6d2e-3b0c-4b4e-9d51-0a5f2c9e8b77"
		one  = `query($id: UUID!) { compute_session(id: $id) { name containers { id preopen_ports } dependencies { name } } }`
		list = `query { compute_session_list(limit: 5, offset: 0, status: "PREPARED") { items { name } total_count } }`
	)
	for _, c := range []struct{ release, query, want string }{
		{"23.09.10", `query { keypair { user_id is_admin } }`, `{"data":{"keypair":{"is_admin":false,"user_id":"user@example.com"}}}`},
		{"26.9", `query { keypair { is_active } }`, `{"data":{"keypair":{"is_active":true}},"errors":null}`},
		{
			"23.09.10", `query { keypair(access_key: "AKIAOTHER") { user_id } }`,
			`{"data":{"keypair":null},"errors":[{"message":"Forbidden operation.","path":["keypair"]}]}`,
		},
		{"23.09.10", `query { keypair { nonsense } }`, `{"data":null,"errors":[{"message":"Cannot query field 'nonsense' on type 'KeyPair'."}]}`},
		{"22.03", `query { keypair { projects } }`, `{"data":null,"errors":[{"message":"Cannot query field \"projects\" on type \"KeyPair\"."}]}`},
		{"23.09.10", `query { compute_session { name } }`, `{"data":null,"errors":[{"message":"Field 'compute_session' argument 'id' is required, but it was not provided."}]}`},
		{"23.09.10", one, `{"data":{"compute_session":{"containers":[{"id":"KERNEL","preopen_ports":null}],"dependencies":[],"name":"train-01"}}}`},
		{"22.09", one, `{"data":null,"errors":[{"message":"Cannot query field \"preopen_ports\" on type \"ComputeContainer\"."}]}`},
		{"23.09.10", list, `{"data":{"compute_session_list":null},"errors":[{"message":"'PREPARED'","path":["compute_session_list"]}]}`},
		{"25.6", list, `{"data":{"compute_session_list":{"items":[],"total_count":0}}}`},
	} {
		server, err := Start(Options{Release: c.release})
		if err != nil {
			t.Fatal(err)
		}
		session, err := server.CreateSession(SessionSpec{Name: "train-01", ID: id, Status: "PENDING"})
		if err != nil {
			t.Fatal(err)
		}
		got := jsonText((&call{server: server, who: server.first}).replyTo(c.query, map[string]any{"id": id}))
		if got = strings.ReplaceAll(got, session.kernels[0].id, "KERNEL"); got != c.want {
			t.Errorf("%s: %s:\ngot  %s\nwant %s", c.release, c.query, got, c.want)
		}
		if err := server.Close(); err != nil {
			t.Error(err)
		}
	}
}
