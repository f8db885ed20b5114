//go:build chaos && linux

package main

import (
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"baissh/proxy/backendai/backendaitest"
	"baissh/proxy/state"
)

// goneLimit is how soon after a move to another network an open ssh ends whose
// connection is dead: some seconds to notice, five for an answer.
const goneLimit = 15 * time.Second

// The machine moves to another network: what was open is dead, without a word. An open
// ssh ends instead of hanging, new sessions are seen as ever, and new clients served.
// Then the network is away altogether, and back.
func TestAnotherNetwork(t *testing.T) {
	need(t, "ssh", "unshare", "ip")
	if os.Getenv("BAISSH_TEST_NETWORK") == "" {
		inOwnNetwork(t)
		return
	}
	w := newQuietWorld(t, backendaitest.Options{}, demoSpec)
	way := w.between()
	w.start()
	w.ready("bai-demo")
	dead := w.openShell("bai-demo")

	way.move()
	w.address("198.51.100.7")
	moved := time.Now()
	for dead.out.Scan() {
	}
	if took := time.Since(moved); took > goneLimit {
		t.Errorf("ssh hung for %s", took)
	}
	h := w.host("bai-demo", func(h state.Host) bool { return h.Cut != nil })
	if h.State != state.Ready || !strings.Contains(h.Cut.Reason, "nothing came from session demo any more") {
		t.Errorf("the host is %+v, its cut %+v", h, h.Cut)
	}
	w.good(w.ssh("bai-demo", "true"))
	w.create(backendaitest.SessionSpec{Name: "later"})
	w.ready("bai-later")
	if got := w.manager.Count("GET /events/session"); got != 2 {
		t.Errorf("%d event streams were opened, want one for each network", got)
	}

	alive := w.openShell("bai-demo")
	w.address("198.51.100.8") // such as a VPN's: it ends nothing that works
	w.eventually("the list is asked for anew", func() bool { return w.manager.Count("GET /events/session") == 3 })
	way.leave()
	held := make(chan result, 1)
	go func() { held <- w.ssh("bai-later", "true") }()
	w.host("bai-later", func(h state.Host) bool { return h.Connections == 1 })
	alive.say("still here")
	way.come()
	alive.hear("still here")
	w.good(<-held)
}

// inOwnNetwork runs the test once more where it may change addresses.
func inOwnNetwork(t *testing.T) {
	t.Helper()
	if err := exec.Command("unshare", "--net", "true").Run(); err != nil {
		t.Skipf("needs root, which CI is: %v", err)
	}
	cmd := exec.CommandContext(t.Context(), "unshare", "--net", "sh", "-ec", `ip link set lo up; exec "$0" "$@"`,
		os.Args[0], "-test.run=^"+t.Name()+"$", "-test.timeout=2m", "-test.v")
	cmd.Env = append(os.Environ(), "BAISSH_TEST_NETWORK=own")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v:\n%s", err, out)
	}
}

func (w *world) address(ip string) {
	w.Helper()
	if out, err := exec.Command("ip", "address", "add", ip+"/32", "dev", "lo").CombinedOutput(); err != nil {
		w.Fatalf("%v: %s", err, out)
	}
}
