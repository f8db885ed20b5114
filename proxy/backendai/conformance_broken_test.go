//go:build broken

package backendai_test

import (
	"bytes"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"

	"baissh/proxy/backendai/backendaitest"
)

// TestABrokenColumnIsNoticed makes each column of the simulator's table lie, one after
// the other and in all releases. A test that holds it must fail in every one of them.
func TestABrokenColumnIsNoticed(t *testing.T) {
	for _, column := range backendaitest.Columns() {
		t.Run(column, func(t *testing.T) {
			unnoticed := backendaitest.Releases()
			for _, h := range heldColumns() {
				if h.column != column {
					continue
				}
				failed := failedIn(t, h)
				t.Logf("%s fails in %s", h.test, strings.Join(failed, ", "))
				unnoticed = slices.DeleteFunc(unnoticed, func(release string) bool { return slices.Contains(failed, release) })
			}
			if len(unnoticed) > 0 {
				t.Errorf("nobody notices it in %s", strings.Join(unnoticed, ", "))
			}
		})
	}
}

// failedIn runs the test in a process of its own, whose simulator lies.
func failedIn(t *testing.T, h held) (releases []string) {
	t.Helper()
	name := strings.ReplaceAll(h.test, " ", "_")
	var pattern []string
	for part := range strings.SplitSeq(name, "/") {
		pattern = append(pattern, "^"+strings.ReplaceAll(regexp.QuoteMeta(part), `\*`, ".*")+"$")
	}
	cmd := exec.Command(os.Args[0], "-test.v", "-test.run", strings.Join(pattern, "/"))
	cmd.Env = append(os.Environ(), backendaitest.BrokenVariable+"="+h.column)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	_ = cmd.Run() // that it fails is what is wanted
	before, after, _ := strings.Cut(name, "*")
	for _, release := range backendaitest.Releases() {
		if strings.Contains(out.String(), "--- FAIL: "+before+release+after+" (") {
			releases = append(releases, release)
		}
	}
	if strings.Contains(out.String(), "panic: ") || !strings.Contains(out.String(), before) {
		t.Errorf("%s says\n%s", h.test, out.String())
	}
	return releases
}
