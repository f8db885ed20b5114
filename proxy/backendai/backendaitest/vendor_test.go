//go:build vendor

package backendaitest_test

import (
	"slices"
	"strings"
	"testing"

	"baissh/proxy/backendai/backendaitest"
)

// A refusal is what a client cannot do on some releases of the real manager
// either. The words are the client's or the manager's; the rest of the releases
// it must work with.
type refusal struct {
	client, verb string
	from, to     string // releases, both included
	words        string
}

// The download of the key is what changed most often: a client knows one form of
// it (see fileForm), and "ssh" begins with it. A list asks for statuses and fields
// that older managers do not have; with a status given, only for the fields.
var refusals = []refusal{
	{"23.9.10", "ps", "22.03", "22.09", `Cannot query field "main_kernel_id"`},
	{"23.9.10", "ps -s RUNNING", "22.03", "22.09", `Cannot query field "main_kernel_id"`},
	{"23.9.10", "info", "22.03", "22.09", `Cannot query field "main_kernel_id"`},
	{"23.9.10", "ssh", "23.09.11", "23.09.11", "Missing or invalid API parameters."}, // seen on the real one
	{"23.9.10", "ssh", "24.03", "25.15", "This API is deprecated."},
	{"23.9.10", "ssh", "26.4", "26.9", "405 Method Not Allowed"},

	{"25.5.2", "ps", "22.03", "24.09", "'PREPARED'"}, // seen on the real 23.09.10
	{"25.5.2", "info", "22.03", "22.09", `Cannot query field "main_kernel_id"`},
	{"25.5.2", "ssh", "22.03", "23.09.11", "405 Method Not Allowed"},
	{"25.5.2", "ssh", "26.4", "26.9", "Missing or invalid API parameters."},

	{"26.9.6", "ps", "22.03", "24.09", "'PREPARED'"}, // seen on the real 23.09.10
	{"26.9.6", "info", "22.03", "22.09", `Cannot query field "main_kernel_id"`},
	{"26.9.6", "ssh", "22.03", "23.09.11", "405 Method Not Allowed"}, // seen on the real 23.09.10
}

func refused(client, verb, release string) (words string) {
	order := backendaitest.Releases()
	at := func(name string) int { return slices.Index(order, name) }
	for _, r := range refusals {
		if r.client == client && r.verb == verb && at(r.from) <= at(release) && at(release) <= at(r.to) {
			return r.words
		}
	}
	return ""
}

// tried leaves out the releases that differ from their neighbour in nothing that
// these clients see: each costs half a minute.
func tried() []string {
	return slices.DeleteFunc(backendaitest.Releases(), func(release string) bool {
		return release == "22.09" || release == "25.15" || release == "26.8"
	})
}

// TestVendorClient has the vendor's own command line work with the releases that
// we play. Where it fails and no refusal says so, the simulator is wrong.
func TestVendorClient(t *testing.T) {
	for _, client := range vendorClients(t) {
		for _, release := range tried() {
			t.Run(client.version+" on "+release, func(t *testing.T) {
				t.Parallel()
				newVendor(t, client, release).tryAll(t, release)
			})
		}
	}
}

func (v *vendor) tryAll(t *testing.T, release string) {
	for _, verb := range []struct {
		name string
		try  func(*vendor, *testing.T) (output string, err error)
	}{
		{"ps", (*vendor).lists},
		{"ps -s RUNNING", (*vendor).listsRunning},
		{"info", (*vendor).describes},
		{"app", (*vendor).forwards},
		{"ssh", (*vendor).logsIn},
		{"events", (*vendor).watches}, // the last, since it ends the session
	} {
		t.Run(verb.name, func(t *testing.T) {
			output, err := verb.try(v, t)
			if words := refused(v.client.version, verb.name, release); words != "" {
				if err == nil || !strings.Contains(output, words) {
					t.Errorf("%s: %v, want a refusal with %q:\n%s", verb.name, err, words, output)
				}
			} else if err != nil {
				t.Errorf("%s: %v\n%s", verb.name, err, output)
			}
		})
	}
}

// TestVendorClientWantsUUID is why "session info NAME" fails: the client does not
// even ask the manager.
func TestVendorClientWantsUUID(t *testing.T) {
	for _, client := range vendorClients(t) {
		v := newVendor(t, client, "")
		output, err := v.run(t, "session", "info", v.session.Name())
		if err == nil || !strings.Contains(output, "the session ID must be given in the UUID format") {
			t.Errorf("%s: session info NAME: %v\n%s", client.version, err, output)
		}
		if asked := v.server.Count("POST /admin/gql"); asked != 0 {
			t.Errorf("%s: the client did ask the manager: %d times", client.version, asked)
		}
	}
}
