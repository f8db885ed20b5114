package main

import (
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"baissh/proxy/backendai/backendaitest"
	"baissh/proxy/state"
)

// sayLimit is how soon a client that cannot be served knows why: VS Code's ssh has this
// patience.
const sayLimit = 15 * time.Second

// A trouble is a reason why a session that worked cannot be reached.
type trouble struct {
	make func(w *world, s *backendaitest.Session)
	says []string // in ssh's complaint: the fact and the way out
}

var troubles = map[string]trouble{
	"session ended": {
		func(w *world, s *backendaitest.Session) { s.End(); w.gone("bai-demo") },
		[]string{"session demo has ended", "start it again"},
	},
	"tunnel refused": {
		func(w *world, _ *backendaitest.Session) {
			w.manager.Inject(backendaitest.Fault{At: backendaitest.Tunnel, Kind: backendaitest.RefuseSSH})
		},
		[]string{"the ssh server of session demo does not accept connections", "restart the session"},
	},
	"key pair expired": {
		func(w *world, _ *backendaitest.Session) {
			access, _ := w.manager.KeyPair()
			w.manager.ExpireKeyPair(access)
		},
		[]string{"the manager refused the key pair", "baissh login"},
	},
	"manager down": {
		func(w *world, _ *backendaitest.Session) { w.manager.Down() },
		[]string{"cannot be reached", "check the network"},
	},
	"gateway's page": {
		func(w *world, _ *backendaitest.Session) {
			w.manager.Inject(backendaitest.Fault{At: backendaitest.Tunnel, Kind: backendaitest.HTMLPage})
		},
		[]string{"is in trouble (status 502)", "baissh keeps trying"},
	},
	"handshake hangs": {
		func(w *world, _ *backendaitest.Session) {
			w.manager.Inject(backendaitest.Fault{At: backendaitest.Tunnel, Kind: backendaitest.Hang})
		},
		[]string{"session demo did not answer in time", "try again"},
	},
	"far side silent": {
		func(w *world, _ *backendaitest.Session) {
			w.manager.Inject(backendaitest.Fault{At: backendaitest.Tunnel, Kind: backendaitest.SilentTunnel})
		},
		[]string{"session demo did not answer in time", "try again"},
	},
	"not an ssh server": {
		func(w *world, _ *backendaitest.Session) {
			w.manager.Inject(backendaitest.Fault{At: backendaitest.Tunnel, Kind: backendaitest.NotSSH})
		},
		[]string{"is not an ssh server", "tell your administrator"},
	},
}

// Thirty clients of thirty are told, by ssh and by plink, whatever their patience, and
// status says the same.
func TestTheReasonIsSaidInsideSSH(t *testing.T) {
	need(t, "ssh", "plink")
	for name, tr := range troubles {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, backendaitest.Options{}, demoSpec)
			h := w.ready("bai-demo")
			w.keepConfig()
			tr.make(w, w.manager.Sessions()[0])
			var clients sync.WaitGroup
			for i := range 30 {
				clients.Go(func() { w.wantTold(tr, w.client30(i, h)) })
			}
			clients.Wait()
			w.eventually("status says so, too", func() bool { return strings.Contains(w.baissh("", "status"), tr.says[0]) })
		})
	}
}

// keepConfig keeps a copy of what ssh was told, for a host that is about to go.
func (w *world) keepConfig() {
	w.Helper()
	w.batch("kept", w.text(".ssh", "bai", "config"))
}

// client30 is one of thirty: three kinds of client, ten of each.
func (w *world) client30(i int, h state.Host) result {
	switch i % 3 {
	case 0:
		return w.program(nil, "ssh", "-F", w.home.Dir+"/kept", "-o", "BatchMode=yes", "bai-demo", "true")
	case 1: // as VS Code does
		return w.program(nil, "ssh", "-F", w.home.Dir+"/kept", "-o", "BatchMode=yes", "-o", fmt.Sprintf("ConnectTimeout=%.0f", sayLimit.Seconds()), "bai-demo", "true")
	}
	return w.program(nil, "plink", "-batch", "-ssh", "-P", fmt.Sprint(h.Port), h.Account+"@127.0.0.1", "true")
}

func (w *world) wantTold(tr trouble, r result) {
	if r.err == nil {
		w.Error("the client says that all went well")
	}
	for _, words := range tr.says {
		if !strings.Contains(r.complaint, words) {
			w.Errorf("the client does not say %q but %q", words, r.complaint)
		}
	}
	if strings.Contains(r.complaint, "<") {
		w.Errorf("HTML in what the client says: %q", r.complaint)
	}
	if r.took > sayLimit {
		w.Errorf("it took %s to say so", r.took)
	}
}

// What does not speak SSH opens no tunnel: not a browser, not a port scan.
func TestOnlySSHOpensATunnel(t *testing.T) {
	need(t, "ssh", "curl")
	w := newWorld(t, backendaitest.Options{}, demoSpec)
	h := w.ready("bai-demo")
	before := w.manager.TunnelsOpened()
	address := fmt.Sprintf("127.0.0.1:%d", h.Port)
	curl := w.program(nil, "curl", "-s", "-m", "5", "--noproxy", "*", "http://"+address+"/")
	if curl.err == nil || curl.out != "" {
		t.Errorf("curl got %q, %v", curl.out, curl.err)
	}
	scan, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	w.host("bai-demo", func(h state.Host) bool { return h.Connections > 0 })
	scan.Close()
	w.host("bai-demo", func(h state.Host) bool { return h.Connections == 0 })
	if opened := w.manager.TunnelsOpened() - before; opened != 0 {
		t.Errorf("%d tunnels were opened for clients that do not speak SSH", opened)
	}
	w.good(w.ssh("bai-demo", "true"))
	if opened := w.manager.TunnelsOpened() - before; opened != 1 {
		t.Errorf("%d tunnels were opened for one ssh", opened)
	}
}

// A connect that says nothing is greeted, and opens no tunnel either.
func TestASilentClientOpensNoTunnel(t *testing.T) {
	w := newWorld(t, backendaitest.Options{}, demoSpec)
	h := w.ready("bai-demo")
	before := w.manager.TunnelsOpened()
	c, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", h.Port))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	buf := make([]byte, 64)
	n, err := c.Read(buf)
	if err != nil || !strings.HasPrefix(string(buf[:n]), "SSH-2.0-dropbear") {
		t.Errorf("it was greeted with %q, %v", buf[:n], err)
	}
	if opened := w.manager.TunnelsOpened() - before; opened != 0 {
		t.Errorf("%d tunnels were opened for a silent client", opened)
	}
}
