package main

import (
	"fmt"
	"net"
	"os"
	"strings"
	"testing"

	"baissh/proxy/backendai/backendaitest"
	"baissh/proxy/state"
)

// ownPorts gives the engine 300 ports that no other test of this machine uses, for what
// depends on each one. It comes before start, and returns the preferred port.
func (w *world) ownPorts() int {
	w.Helper()
	low := 12000 + os.Getpid()%60*300
	text := fmt.Sprintf("preferred_port = %d\nport_range = [%d, %d]\n", low, low, low+299)
	w.file(w.home.SettingsFile(), text+w.text(".config", "baissh", "settings.toml"))
	return low
}

// onlyOnLoopback fails if a port answers at another address than 127.0.0.1.
func (w *world) onlyOnLoopback(port int) {
	w.Helper()
	addresses, err := net.InterfaceAddrs()
	if err != nil {
		w.Fatal(err)
	}
	others := []string{"127.0.0.2"} // answers to listeners of every address
	for _, a := range addresses {
		if ip, _, err := net.ParseCIDR(a.String()); err == nil && ip.String() != "127.0.0.1" && !ip.IsLinkLocalUnicast() {
			others = append(others, ip.String())
		}
	}
	for _, address := range others {
		if conn, err := net.Dial("tcp", net.JoinHostPort(address, fmt.Sprint(port))); err == nil {
			conn.Close()
			w.Errorf("port %d answers at %s", port, address)
		}
	}
}

// occupy has another program listen on a port, until it is closed.
func (w *world) occupy(port int) net.Listener {
	w.Helper()
	ln, err := net.Listen("tcp4", net.JoinHostPort("127.0.0.1", fmt.Sprint(port)))
	if err != nil {
		w.Fatal(err)
	}
	w.Cleanup(func() { ln.Close() })
	return ln
}

func (w *world) fix(name string, port int) {
	w.Helper()
	text := fmt.Sprintf("\n[profiles.default.sessions.%s]\nport = %d\n", name, port)
	w.file(w.home.SettingsFile(), w.text(".config", "baissh", "settings.toml")+text)
	w.baissh("", "reload")
}

// statusSays fails unless status says it.
func (w *world) statusSays(words string) {
	w.Helper()
	if out := w.baissh("", "status"); !strings.Contains(out, words) {
		w.Errorf("status says\n%s\nwant %q", out, words)
	}
}

// Another program on a session's port costs it that port, for as long, and no more.
func TestAnotherProgramOnAPort(t *testing.T) {
	need(t, "ssh")
	w := newQuietWorld(t, backendaitest.Options{}, demoSpec)
	low := w.ownPorts()
	at := func(port int) func(state.Host) bool {
		return func(h state.Host) bool { return h.State == state.Ready && h.Port == port }
	}
	w.start()
	w.host("bai-demo", at(low))
	w.onlyOnLoopback(low)
	w.stop()
	other := w.occupy(low)
	w.start()
	w.host("bai-demo", at(low+1))
	w.good(w.ssh("bai-demo", "true"))
	w.stop()
	other.Close()
	w.start()
	w.host("bai-demo", at(low))
	w.good(w.ssh("bai-demo", "true"))

	other = w.occupy(low + 7)
	w.fix("demo", low+7)
	w.host("bai-demo", func(h state.Host) bool { return h.State == state.Failed && h.Port == 0 })
	w.statusSays(fmt.Sprintf("port %d, fixed for session demo, is used by another program; end that program", low+7))
	other.Close()
	w.baissh("", "reload")
	w.host("bai-demo", at(low+7))
	w.good(w.ssh("bai-demo", "true"))
}

// A port that is fixed for a name is taken from the session that has it by chance, but
// not from under an open shell.
func TestAFixedPortWins(t *testing.T) {
	need(t, "ssh")
	w := newQuietWorld(t, backendaitest.Options{}, demoSpec, backendaitest.SessionSpec{Name: "other"})
	w.ownPorts()
	w.start()
	demo, other := w.ready("bai-demo"), w.ready("bai-other")
	shell := w.openShell("bai-demo")
	w.fix("other", demo.Port)
	w.host("bai-other", func(h state.Host) bool { return h.State == state.Failed })
	w.statusSays(fmt.Sprintf("port %d, fixed for session other, is still used by connections to session demo", demo.Port))
	shell.still("its port was fixed for another")
	shell.in.Close()
	w.host("bai-other", func(h state.Host) bool { return h.State == state.Ready && h.Port == demo.Port })
	w.host("bai-demo", func(h state.Host) bool { return h.State == state.Ready && h.Port != demo.Port && h.Port != other.Port })
	w.good(w.ssh("bai-demo", "true"))
	w.good(w.ssh("bai-other", "true"))
}
