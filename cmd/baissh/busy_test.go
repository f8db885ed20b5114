package main

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"

	"baissh/proxy/backendai/backendaitest"
	"baissh/proxy/state"
)

// A busy world is one in which much happens, and the manager and its containers have
// limits to how much of that may reach them.
type busy struct {
	*world
	clients, lives int // so far: each client wants a tunnel, and each container's life a probe
	events         int // what else happened to sessions

	mu      sync.Mutex // guards what follows
	slowest time.Duration
}

// patientTry is the engine's: after it a tunnel that does not stand is asked for anew. On
// a machine with too much else to do, that happens.
const patientTry = 5 * time.Second

// busyLimit is how much a user may ask for in 15 minutes: the least that is usual. A
// whole hour of the test falls into them.
const busyLimit = 1000

// newBusy is given how to sign in: newWorld or newWebWorld.
func newBusy(t *testing.T, signedIn func(*testing.T, backendaitest.Options, ...backendaitest.SessionSpec) *world, names ...string) *busy {
	t.Helper()
	need(t, "ssh", "sftp", "plink", "puttygen")
	b := &busy{world: signedIn(t, backendaitest.Options{RateLimit: busyLimit})}
	for _, name := range names {
		b.begins(name)
	}
	return b
}

// begins makes a session that can be logged in to.
func (b *busy) begins(name string) *backendaitest.Session {
	b.Helper()
	b.lives++
	s := b.create(backendaitest.SessionSpec{Name: name})
	b.isReady(s)
	return s
}

// isReady waits for a session's present container, under its present name.
func (b *busy) isReady(s *backendaitest.Session) state.Host {
	b.Helper()
	return b.host("bai-"+s.Name(), func(h state.Host) bool {
		return h.State == state.Ready && h.SessionID == s.ID() && h.HostKey == s.HostKey()
	})
}

func (b *busy) restarts(s *backendaitest.Session) {
	b.Helper()
	b.lives++
	if err := s.Restart(); err != nil {
		b.Fatal(err)
	}
	b.isReady(s)
}

// isRenamed is told to nobody: the list of the next minute shows it, or that which
// somebody asks for.
func (b *busy) isRenamed(s *backendaitest.Session, name string) {
	b.Helper()
	b.events++
	b.rename(s, name)
	b.baissh("", "reload")
	b.isReady(s)
}

func (b *busy) ends(s *backendaitest.Session) {
	b.Helper()
	b.events++
	s.End()
	b.gone("bai-" + s.Name())
}

// burst has clients of three kinds come to a session at once, each of whom must get in.
func (b *busy) burst(s *backendaitest.Session, clients int) {
	b.Helper()
	b.clients += clients
	h := b.isReady(s)
	b.eventually("ssh knows it", func() bool { return strings.Contains(b.text(".ssh", "bai", "known_hosts"), h.Alias+" "+h.HostKey) })
	key := b.putty(h)
	var all sync.WaitGroup
	for i := range clients {
		all.Go(func() {
			r := b.comes(i, h, key)
			b.mu.Lock()
			defer b.mu.Unlock()
			b.slowest = max(b.slowest, r.took)
			if r.err != nil {
				b.Errorf("client %d of %s: %v: %s%s", i, h.Alias, r.err, r.out, r.complaint)
			}
		})
	}
	all.Wait()
}

func (b *busy) comes(i int, h state.Host, key string) result {
	switch i % 5 {
	case 0:
		pinned, _, _, _, _ := ssh.ParseAuthorizedKey([]byte(h.HostKey))
		return b.program(nil, "plink", "-batch", "-ssh", "-noagent", "-i", key, "-hostkey", ssh.FingerprintSHA256(pinned),
			"-P", fmt.Sprint(h.Port), h.Account+"@127.0.0.1", "true")
	case 1:
		return b.program(strings.NewReader("pwd\n"), "sftp", "-q", "-F", b.config(), "-b", "-", h.Alias)
	}
	return b.ssh(h.Alias, "true")
}

// putty makes a key for plink of a session's.
func (b *busy) putty(h state.Host) string {
	b.Helper()
	file := b.home.Dir + "/" + h.Alias + ".ppk"
	b.good(b.program(nil, "puttygen", h.IdentityFile, "-o", file))
	return file
}

// clean looks at the log of all that was asked for, and at the ssh servers' doors.
func (b *busy) clean(took time.Duration) {
	b.Helper()
	b.eventually("no tunnel is left", func() bool { return b.manager.Tunnels() == 0 })
	for _, r := range b.manager.Requests() {
		if r.Status == http.StatusTooManyRequests {
			b.Errorf("%s %s: it was too much", r.Method, r.Target)
		}
	}
	if got := b.manager.TunnelsOpened(); got != b.clients+b.lives && (b.slowest < patientTry || got < b.clients+b.lives) {
		b.Errorf("%d tunnels for %d clients and %d containers' lives", got, b.clients, b.lives)
	}
	for _, r := range b.manager.TunnelLog() {
		if r.End == backendaitest.Vanished && b.slowest < patientTry {
			b.Error("a tunnel was left without a close frame")
		}
	}
	if all := b.manager.AllConnections(); all.MostBefore > 5 || all.HungUpOn > 0 {
		b.Errorf("at the ssh servers: %+v; five may be before login, and one of them another machine's", all)
	}
	lists, streams := b.manager.Count("POST /admin/gql"), b.manager.Count("GET /events/session")
	// A hint, and four looks after it until all has settled.
	if most := 5*(b.lives+b.events) + int(took.Minutes()) + 2; lists > most || streams != 1 {
		b.Errorf("%d lists of at most %d, %d event streams", lists, most, streams)
	}
	b.Logf("%d requests, %d of them lists; %+v", len(b.manager.Requests()), lists, b.manager.AllConnections())
}

// Twenty and more clients at a time, and sessions that come, restart, are renamed and go:
// each client gets in, no ssh server ever has more than five that have not logged in, and
// no tunnel is opened but for somebody.
func TestABusyMinute(t *testing.T) {
	began := time.Now()
	b := newBusy(t, newWorld, "alpha", "beta")
	alpha, beta := b.manager.Sessions()[0], b.manager.Sessions()[1]
	b.burst(alpha, 20)
	b.restarts(alpha)
	b.isRenamed(beta, "gamma")
	b.burst(beta, 5)
	b.burst(alpha, 5)
	b.ends(alpha)
	b.burst(b.begins("alpha"), 5)
	b.clean(time.Since(began))
}
