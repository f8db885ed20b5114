package main

import (
	"bufio"
	"crypto/sha256"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"

	"baissh/proxy/backendai/backendaitest"
	"baissh/proxy/state"
)

// Sixty-four connections at once, each to its end.
func TestManyConnectionsAtOnce(t *testing.T) {
	need(t, "ssh")
	w := newWorld(t, backendaitest.Options{}, demoSpec)
	w.ready("bai-demo")
	w.openShell("bai-demo").leave()
	w.nobody("bai-demo")
	before := w.leftovers()
	var shells []*openShell
	for range 64 { // one after the other: a session's ssh server lets five log in at a time
		shells = append(shells, w.openShell("bai-demo"))
	}
	w.host("bai-demo", func(h state.Host) bool { return h.Connections == len(shells) })
	for _, turn := range []string{"once", "twice"} {
		for i, s := range shells {
			s.say(fmt.Sprint(turn, i))
		}
		for i, s := range shells {
			s.hear(fmt.Sprint(turn, i))
		}
	}
	for _, s := range shells {
		s.leave()
	}
	w.nobody("bai-demo")
	w.flat(before, little)
}

// little is what the runtime and HTTP keep for next time.
var little = leftovers{3, 3, 8}

// Forty channels in one connection.
func TestManyChannels(t *testing.T) {
	need(t, "ssh")
	w := newWorld(t, backendaitest.Options{}, demoSpec)
	w.ready("bai-demo")
	master := filepath.Join(w.home.Dir, "m")
	cmd := exec.Command("ssh", "-F", w.config(), "-o", "BatchMode=yes", "-M", "-S", master, "-N", "bai-demo")
	cmd.Env = w.environment()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { cmd.Process.Kill(); cmd.Wait() }()
	w.eventually("the master listens", func() bool { _, err := os.Stat(master); return err == nil })
	opened := w.manager.TunnelsOpened()
	var channels sync.WaitGroup
	for i := range 40 {
		channels.Go(func() {
			r := w.ssh("-S", master, "-o", "ControlMaster=no", "bai-demo", fmt.Sprintf("head -c 200000 /dev/zero; echo %d", i))
			if r.err != nil || !strings.HasSuffix(r.out, fmt.Sprintf("\x00%d\n", i)) {
				t.Errorf("channel %d: %v: %d bytes, %s", i, r.err, len(r.out), r.complaint)
			}
		})
	}
	channels.Wait()
	if got := w.manager.TunnelsOpened() - opened; got != 0 {
		t.Errorf("%d more tunnels were opened", got)
	}
}

// A thousand clients come, read the server's greeting and go, some with a reset. Nothing
// of them stays, and the next one is served.
func TestQuickReconnects(t *testing.T) {
	w := newWorld(t, backendaitest.Options{}, demoSpec)
	port := w.ready("bai-demo").Port
	before := w.leftovers()
	address := net.JoinHostPort("127.0.0.1", strconv.Itoa(port))
	turns := make(chan struct{}, 16)
	var clients sync.WaitGroup
	for i := range 1000 {
		turns <- struct{}{}
		clients.Go(func() {
			defer func() { <-turns }()
			conn, err := net.Dial("tcp", address)
			if err != nil {
				t.Error(err)
				return
			}
			defer conn.Close()
			fmt.Fprint(conn, "SSH-2.0-hasty\r\n")
			if line, err := bufio.NewReader(conn).ReadString('\n'); err != nil || !strings.HasPrefix(line, "SSH-2.0-") {
				t.Errorf("client %d heard %q, %v", i, line, err)
			}
			if i%2 == 0 {
				conn.(*net.TCPConn).SetLinger(0)
			}
		})
	}
	clients.Wait()
	w.nobody("bai-demo")
	w.good(w.ssh("bai-demo", "true"))
	w.flat(before, little)
}

// Two hundred sessions: each has a port of its own, all of them again after a restart.
func TestTwoHundredSessions(t *testing.T) {
	var specs []backendaitest.SessionSpec
	for i := range 200 {
		specs = append(specs, backendaitest.SessionSpec{Name: fmt.Sprintf("many-%03d", i)})
	}
	w := newQuietWorld(t, backendaitest.Options{}, specs...)
	w.ownPorts()
	w.raise("auto_limit", 200)
	w.start()
	ports := func() map[string]int {
		found := map[string]int{}
		w.until("all have ports", func(s *state.Snapshot) bool {
			clear(found)
			used := map[int]bool{}
			for _, h := range s.Hosts {
				if h.Port != 0 {
					found[h.Alias], used[h.Port] = h.Port, true
				}
			}
			return len(found) == 200 && len(used) == 200
		})
		return found
	}
	before := ports()
	w.stop()
	w.manager.Inject(backendaitest.Fault{At: backendaitest.List, Kind: backendaitest.Hang})
	w.start() // bound from what is remembered, before the manager has said a word
	for alias, port := range ports() {
		if port != before[alias] {
			t.Errorf("%s has port %d, had %d", alias, port, before[alias])
		}
		w.onlyOnLoopback(port)
	}
}

// raise sets a number at the top of the settings.
func (w *world) raise(key string, number int) {
	w.Helper()
	text := fmt.Sprintf("%s = %d\n", key, number) + w.text(".config", "baissh", "settings.toml")
	w.file(w.home.SettingsFile(), text)
}

// A large file each way, by a real client, and its sum.
func TestSumsOfLargeFiles(t *testing.T) {
	need(t, "sftp")
	w := newWorld(t, backendaitest.Options{}, demoSpec)
	w.ready("bai-demo")
	sum := w.big("large", 64<<20)
	batch := strings.NewReader("put large there\nget there back\n")
	w.good(w.program(batch, "sftp", "-q", "-F", w.config(), "-b", "-", "bai-demo"))
	if got := sha256.Sum256([]byte(w.text("back"))); got != sum {
		t.Errorf("the sum is %x, want %x", got, sum)
	}
}
