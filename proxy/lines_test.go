package proxy

import (
	"log/slog"
	"net"
	"os"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"baissh/proxy/folders"
	"baissh/proxy/settings"
	"baissh/proxy/state"
)

// A dock is an engine's lines with real ports and a clock of the test's.
type dock struct {
	rapid.TB
	engine *Engine
	now    time.Time
	names  []string // of the sessions that live, the oldest first
}

// dockPorts are few, so that all are soon used. No other test has them.
var dockPorts = [2]int{11000 + os.Getpid()%90*10, 11000 + os.Getpid()%90*10 + 7}

func newDock(t rapid.TB) *dock {
	home, err := folders.At(os.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	d := &dock{TB: t, now: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)}
	d.engine = New(home, "", slog.New(slog.DiscardHandler))
	d.engine.memory = newMemory()
	d.engine.settings = settings.Settings{
		PreferredPort: dockPorts[0] + 1, PortRange: dockPorts, Policy: state.Auto, AutoLimit: 100,
		Profiles: map[string]settings.Profile{"p": {AliasPrefix: "bai", Sessions: map[string]settings.Session{}}},
	}
	d.engine.profiles["p"] = &profile{}
	return d
}

// turn plans and keeps lines, as the engine's turn does.
func (d *dock) turn() {
	d.Helper()
	sessions := map[string]state.Session{}
	for i, name := range d.names {
		s := running(name, name, -time.Duration(i))
		sessions[s.ID] = s
	}
	d.engine.profiles["p"].seen.sessions = sessions
	wishes, _ := plan(d.engine.situation())
	d.engine.remember(wishes)
	d.engine.keepLines(wishes, d.now)
	for _, w := range wishes {
		if l := d.engine.lines[w.key]; l != nil {
			l.session = w.session
		}
	}
}

func (d *dock) create(name string) { d.names = append(d.names, name); d.turn() }

func (d *dock) end(name string) {
	d.names = slices.DeleteFunc(d.names, func(n string) bool { return n == name })
	d.turn()
}

func (d *dock) pass(t time.Duration) { d.now = d.now.Add(t); d.turn() }

func (d *dock) fix(name string, port int) {
	d.engine.settings.Profiles["p"].Sessions[name] = settings.Session{Port: port}
	d.turn()
}

// port is that of a name, 0 if it has none.
func (d *dock) port(name string) int {
	if l := d.engine.lines[lineKey("p", name)]; l != nil {
		return l.port
	}
	return 0
}

// restart ends the engine and starts another one with the same memory.
func (d *dock) restart() {
	d.close()
	d.engine.lines = map[string]*lineState{}
	d.turn()
}

func (d *dock) close() {
	for _, l := range d.engine.lines {
		l.close()
		<-l.done
	}
}

func (d *dock) want(name string, port int, why string) {
	d.Helper()
	if got := d.port(name); got != port {
		d.Errorf("%s: %s has port %d, want %d", why, name, got, port)
	}
}

// Another program takes a port, until it is closed.
func (d *dock) occupy(port int) net.Listener {
	d.Helper()
	ln, err := net.Listen("tcp4", net.JoinHostPort("127.0.0.1", itoa(port)))
	if err != nil {
		d.Fatal(err)
	}
	return ln
}

func TestLifeOfAPort(t *testing.T) {
	d := newDock(t)
	defer func() { d.close() }()
	low, preferred := dockPorts[0], dockPorts[0]+1
	d.create("a")
	d.want("a", preferred, "the first one")
	d.create("b")
	d.want("b", preferred+1, "the second one")

	d.end("a")
	d.want("a", preferred, "it ended just now, and its port says so")
	d.pass(9 * time.Minute)
	d.create("c")
	d.want("c", preferred+2, "the preferred port rests")
	d.pass(time.Minute)
	d.want("a", 0, "its port has said so for long enough")
	d.create("d")
	d.want("d", preferred, "the preferred port has rested for ten minutes")

	d.end("b")
	d.pass(23 * time.Hour)
	d.create("e")
	d.want("e", preferred+3, "another port rests a day")
	d.create("b")
	d.want("b", preferred+1, "but for its own name")
	d.end("b")
	d.pass(24 * time.Hour)
	d.create("f")
	d.want("f", preferred+1, "it has rested for a day")

	d.create("a")
	d.want("a", preferred+4, "its own is another's now")
	d.restart()
	for name, port := range map[string]int{"a": preferred + 4, "c": preferred + 2, "d": preferred, "e": preferred + 3, "f": preferred + 1} {
		d.want(name, port, "after a restart")
	}
	d.create("g")
	d.create("h")
	d.want("g", preferred+5, "the next")
	d.want("h", preferred+6, "the last above")
	d.create("i")
	d.want("i", low, "then those below the preferred one")
	d.create("j")
	d.want("j", 0, "none is left")
	d.end("c")
	d.pass(25 * time.Hour)
	d.want("j", preferred+2, "one has become free")
}

// A fixed port wins over those that are given away, and is never given to others. What
// the name had before rests: a transfer may be queued for it.
func TestLifeOfAFixedPort(t *testing.T) {
	d := newDock(t)
	defer func() { d.close() }()
	preferred := dockPorts[0] + 1
	d.create("a")
	d.fix("b", preferred+1)
	d.create("c")
	d.want("c", preferred+2, "a port that is fixed for a name is kept for it")
	d.create("b")
	d.want("b", preferred+1, "its own")

	d.fix("a", preferred+4)
	d.want("a", preferred+4, "fixed while it lives")
	d.create("d")
	d.want("d", preferred+3, "what it had rests")
	d.pass(10 * time.Minute)
	d.create("e")
	d.want("e", preferred, "the preferred one no longer")

	d.fix("b", preferred+2)
	d.want("b", preferred+2, "fixed for it, though another session had it")
	d.want("c", preferred+5, "which moved")
	d.fix("d", preferred+2)
	d.want("b", preferred+2, "of two the first has it")
	d.want("d", 0, "the other has none")
	d.fix("d", 0)
	d.want("d", preferred+3, "its own again")

	d.end("c")
	d.fix("e", preferred+5)
	d.want("e", preferred+5, "nobody needs to hear of an end there")
	other := d.occupy(preferred + 6)
	d.fix("e", preferred+6)
	d.want("e", 0, "another program is there")
	other.Close()
	d.turn()
	d.want("e", preferred+6, "it has gone")
}

// A port that another program had at the start comes back to its name, and nobody
// gets those that the name was at meanwhile.
func TestAnotherProgramAtTheStart(t *testing.T) {
	d := newDock(t)
	defer func() { d.close() }()
	preferred := dockPorts[0] + 1
	d.create("a")
	for i := range 3 {
		d.close()
		d.engine.lines = map[string]*lineState{}
		var others []net.Listener
		for port := preferred; port <= preferred+i; port++ {
			others = append(others, d.occupy(port))
		}
		d.turn()
		d.want("a", preferred+1+i, "another program has its own")
		for _, other := range others {
			other.Close()
		}
	}
	d.restart()
	d.want("a", preferred, "its own again")
	d.create("b")
	d.want("b", preferred+4, "where it was rests")
}

// Whatever happens to sessions, programs and the engine: a name that lives keeps its
// port, gets it again when it can, and nobody gets one that was another's a moment ago.
func TestPortsOverLong(t *testing.T) {
	names := rapid.SampledFrom([]string{"a", "b", "c", "d", "e", "f"})
	rapid.Check(t, func(t *rapid.T) {
		d := newDock(t)
		defer func() { d.close() }()
		lastUsed := map[int]map[string]time.Time{} // by port and name
		foreign := map[int]net.Listener{}
		defer func() {
			for _, ln := range foreign {
				ln.Close()
			}
		}()
		for range 30 {
			name := names.Draw(t, "name")
			before := map[string]int{}
			for _, n := range d.names {
				before[n] = d.port(n)
			}
			restarted := false
			switch step := rapid.SampledFrom([]string{"toggle", "toggle", "pass", "restart", "program"}).Draw(t, "step"); step {
			case "toggle":
				if slices.Contains(d.names, name) {
					d.end(name)
				} else {
					d.create(name)
				}
			case "pass":
				d.pass(rapid.SampledFrom([]time.Duration{time.Minute, 11 * time.Minute, 20 * time.Hour}).Draw(t, "time"))
			case "restart":
				d.restart()
				restarted = true
			case "program":
				d.program(foreign, dockPorts[0]+rapid.IntRange(0, 7).Draw(t, "port"))
			}
			d.check(t, before, lastUsed, restarted)
		}
	})
}

// program has another program come to a port, or go.
func (d *dock) program(foreign map[int]net.Listener, port int) {
	if ln := foreign[port]; ln != nil {
		ln.Close()
		delete(foreign, port)
	} else if ln, err := net.Listen("tcp4", net.JoinHostPort("127.0.0.1", itoa(port))); err == nil {
		foreign[port] = ln
	}
	d.turn()
}

func (d *dock) check(t *rapid.T, before map[string]int, lastUsed map[int]map[string]time.Time, restarted bool) {
	owner := map[int]string{}
	for _, name := range d.names {
		port := d.port(name)
		if port == 0 {
			continue
		}
		if owner[port] != "" {
			t.Fatalf("%s and %s are both on %d", name, owner[port], port)
		}
		owner[port] = name
		if was := before[name]; was != 0 && was != port && !restarted {
			t.Fatalf("%s moved from %d to %d", name, was, port)
		}
		for other, at := range lastUsed[port] {
			rest := portRest
			if port == d.engine.settings.PreferredPort {
				rest = preferredRest
			}
			if other != name && before[name] != port && d.now.Sub(at) < rest {
				t.Fatalf("%s got %d, which %s had %s ago", name, port, other, d.now.Sub(at))
			}
		}
		if lastUsed[port] == nil {
			lastUsed[port] = map[string]time.Time{}
		}
		lastUsed[port][name] = d.now
	}
}
