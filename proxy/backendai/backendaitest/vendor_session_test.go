//go:build vendor

package backendaitest_test

import (
	"strings"
	"testing"
)

// TestVendorClientSignedIn has it all once more through the web server, after a
// sign-in with password, and nothing any more after logging out.
func TestVendorClientSignedIn(t *testing.T) {
	for _, client := range vendorClients(t) {
		for _, release := range tried() {
			t.Run(client.version+" on "+release, func(t *testing.T) {
				t.Parallel()
				v := newVendor(t, client, release)
				v.env = []string{"BACKEND_ENDPOINT=" + v.server.WebURL(), "BACKEND_ENDPOINT_TYPE=session"}
				v.signsIn(t)
				v.tryAll(t, release)
				v.signsOut(t)
			})
		}
	}
}

// signsIn first tries a wrong password, and the clients stumble over it in their own
// code where a refusal has the manager's status, from 26.4 on.
func (v *vendor) signsIn(t *testing.T) {
	email, password := v.server.Password()
	output, _ := v.runWith(t, email+"\nwrong\n", "login")
	if !strings.Contains(output, "User credential mismatch") || v.server.Logins() != 0 {
		t.Fatalf("signed in with a wrong password:\n%s", output)
	}
	output, err := v.runWith(t, email+"\n"+password+"\n", "login")
	if err != nil || v.server.Logins() != 1 {
		t.Fatalf("login: %v, %d logins:\n%s", err, v.server.Logins(), output)
	}
	v.mustSay(t, output, "Login succeeded")
}

func (v *vendor) signsOut(t *testing.T) {
	if output, err := v.run(t, "logout"); err != nil || v.server.Logins() != 0 {
		t.Errorf("logout: %v, %d logins last:\n%s", err, v.server.Logins(), output)
	}
	asked := v.server.Count("POST /admin/gql")
	if output, err := v.run(t, "ps"); err == nil {
		t.Errorf("ps works after logging out:\n%s", output)
	}
	if v.server.Count("POST /admin/gql") != asked {
		t.Error("ps reached the manager after logging out")
	}
}
