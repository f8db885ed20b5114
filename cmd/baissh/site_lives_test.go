package main

import (
	"crypto/sha256"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"baissh/proxy/backendai/backendaitest/site"
	"baissh/proxy/state"
)

// lives are what becomes of sessions.
var lives = []scene{
	{"a session that ends leaves nothing", func(w *siteWorld) {
		s := w.makes(site.Spec{Name: "ending"})
		w.bothReady("ending")
		w.keepConfig()
		shells := w.bothShells("ending")
		w.must(s.End())
		w.inBothModes("ending", func(m mode, _ string) { shells[m].endsWithin(patience) })
		w.endIsTold("ending")
	}},
	{"a session that crashes ends its shells, and leaves nothing", func(w *siteWorld) {
		s := w.makes(site.Spec{Name: "crashing"})
		w.bothReady("crashing")
		w.keepConfig()
		shells := w.bothShells("crashing")
		w.must(s.Crash())
		w.inBothModes("crashing", func(m mode, _ string) { shells[m].endsWithin(patience) })
		w.endIsTold("crashing")
	}},
	{"a renamed session answers to its new name", func(w *siteWorld) {
		s := w.makes(site.Spec{Name: "before"})
		before := w.bothReady("before")
		w.must(s.Rename("after"))
		w.baissh("", "reload")
		w.inBothModes("after", func(m mode, alias string) {
			if now := w.ready(alias); now.Port != before[m].Port || now.HostKey != before[m].HostKey {
				w.Errorf("now %+v, before %+v", now, before[m])
			}
			w.written(alias)
			w.logsIn(alias)
		})
		w.inBothModes("before", func(_ mode, alias string) { w.wantUnknown(alias) })
	}},
	{"a restarted session needs no action", func(w *siteWorld) {
		s := w.makes(site.Spec{Name: "again"})
		before := w.bothReady("again")
		for n := range 2 {
			var shells []map[mode]*openShell
			for range n + 1 { // so that status tells one restart from the other
				shells = append(shells, w.bothShells("again"))
			}
			w.must(s.Restart())
			w.inBothModes("again", func(m mode, alias string) {
				now := w.host(alias, func(h state.Host) bool {
					return h.Cut != nil && h.Cut.Connections == len(shells) &&
						strings.Contains(h.Cut.Reason, "session again was restarted") && w.isRestarted(before[m])(h)
				})
				w.logsIn(alias)
				if now.Port != before[m].Port {
					w.Errorf("now %+v, before %+v", now, before[m])
				}
				before[m] = now
				for _, shell := range shells {
					shell[m].endsWithin(patience)
				}
			})
		}
	}},
	{"a session made anew under its name needs no action", func(w *siteWorld) {
		s := w.makes(site.Spec{Name: "anew"})
		before := w.bothReady("anew")
		w.bothLogIn("anew")
		w.must(s.End())
		id := w.makes(site.Spec{Name: "anew"}).ID()
		w.inBothModes("anew", func(m mode, alias string) {
			now := w.host(alias, func(h state.Host) bool { return h.State == state.Ready && h.SessionID == id })
			w.logsIn(alias)
			if now.Port != before[m].Port || now.HostKey == before[m].HostKey {
				w.Errorf("now %+v, before %+v", now, before[m])
			}
		})
	}},
	{"an ssh server that is stopped and started again", func(w *siteWorld) {
		s := w.makes(site.Spec{Name: "halting"})
		w.bothReady("halting")
		shell := w.openShell("bai-halting") // a web server keeps the end of one to itself
		w.must(s.StopSSH())
		shell.endsWithin(patience)
		w.bothTold("halting", func(m mode) []string { return deadWords(m, "halting") })
		w.must(s.StartSSH())
		w.inBothModes("halting", func(_ mode, alias string) {
			w.eventually("ssh logs in again", func() bool { return w.ssh(alias, "true").err == nil })
			w.host(alias, func(h state.Host) bool { return h.Refusal == nil })
		})
	}},
	{"large files there and back are whole", func(w *siteWorld) {
		w.makes(site.Spec{Name: "large"})
		size := 8 << 20
		if site.Real { // whose ssh server ignores the window
			size = 64 << 20
		}
		w.bothReady("large")
		w.big("large", size)
		w.inBothModes("large", func(_ mode, alias string) { w.thereAndBack("large", alias) })
	}},
}

// kinds are the ssh servers that a session may have.
var kinds = []scene{
	{"a session without an ssh server says so", func(w *siteWorld) {
		w.makes(site.Spec{Name: "without", SSH: site.NoApp})
		w.inBothModes("without", func(_ mode, alias string) {
			h := w.host(alias, func(h state.Host) bool { return h.State != state.Starting })
			if h.State == state.Ready || !strings.Contains(h.Reason, "session without has no ssh server") {
				w.Errorf("it is %s: %s", h.State, h.Reason)
			}
		})
		w.bothTold("without", func(mode) []string {
			return []string{"session without has no ssh server", "use an image that has the app sshd"}
		})
	}},
	{"a mounted .ssh wants the user's own key", func(w *siteWorld) {
		key := filepath.Join(w.home.Dir, "own")
		w.good(w.program(nil, "ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "me", "-f", key))
		w.makes(site.Spec{Name: "mounted", Authorized: strings.TrimSpace(w.text("own.pub"))})
		w.inBothModes("mounted", func(m mode, alias string) {
			h := w.host(alias, func(h state.Host) bool { return h.State != state.Starting && h.Reason != "" })
			if !strings.Contains(h.Reason, "no key file to download") {
				w.Errorf("it is %s: %s", h.State, h.Reason)
			}
			if got := w.good(w.ssh("-o", "IdentityFile="+key, alias, "id -un")); strings.TrimSpace(got) != w.site.Account() {
				w.Errorf("ssh is %q", got)
			}
			w.set("profiles."+m.profile+".sessions.mounted", "identity_file", key)
			w.eventually("ssh logs in by the setting", func() bool { return w.ssh(alias, "true").err == nil })
		})
	}},
	{"whichever ssh server", func(w *siteWorld) {
		for _, kind := range []site.SSHServer{site.Shipped, site.Debian, site.OpenSSH} {
			name := "with-" + string(kind)
			w.makes(site.Spec{Name: name, SSH: kind})
			w.bothReady(name)
			w.bothLogIn(name)
		}
	}},
	{"each container of a cluster", func(w *siteWorld) {
		w.makes(site.Spec{Name: "pair", Containers: 2})
		subs := w.bothReady("pair+sub1")
		for m, main := range w.bothReady("pair") {
			if main.HostKey == subs[m].HostKey {
				w.Errorf("one container in place of two: %+v, %+v", main, subs[m])
			}
		}
		w.bothLogIn("pair")
		w.bothLogIn("pair+sub1")
	}},
}

// refusing takes as long as ssh waits.
var refusing = scene{"a port that refuses is said in ssh's own words", func(w *siteWorld) {
	w.makes(site.Spec{Name: "refusing", SSH: site.Dead})
	w.inBothModes("refusing", func(_ mode, alias string) { w.written(alias) })
	w.bothTold("refusing", func(m mode) []string { return deadWords(m, "refusing") })
	w.bothDead("refusing")
}}

// bothDead waits until status says that a session's ssh server is not there.
func (w *siteWorld) bothDead(name string) {
	w.Helper()
	w.inBothModes(name, func(m mode, alias string) {
		w.host(alias, func(h state.Host) bool { return strings.Contains(h.Reason, deadWords(m, name)[0]) })
	})
}

// deadWords are said of a session whose ssh server refuses. A web server does not tell
// of the manager's refusal.
func deadWords(m mode, name string) []string {
	if m.web {
		return []string{"session " + name + " did not answer in time", "restart the session"}
	}
	return []string{"the ssh server of session " + name + " does not accept connections", "restart the session"}
}

// thereAndBack copies one of the user's files to a session and back again, and tells how
// long each took.
func (w *siteWorld) thereAndBack(name, alias string) (up, down time.Duration) {
	w.Helper()
	back := filepath.Join(w.home.Dir, "back")
	began := time.Now()
	w.copied("put", filepath.Join(w.home.Dir, name), alias+":there")
	up = time.Since(began)
	began = time.Now()
	w.copied("get", alias+":there", back)
	down = time.Since(began)
	if got, want := w.sumOf(back), w.sumOf(filepath.Join(w.home.Dir, name)); got != want {
		w.Errorf("the sum is %x, want %x", got, want)
	}
	w.must(os.Remove(back))
	w.good(w.ssh(alias, "rm there"))
	return up, down
}

// sumOf reads a file of any size.
func (w *siteWorld) sumOf(file string) (sum [sha256.Size]byte) {
	w.Helper()
	f, err := os.Open(file)
	w.must(err)
	defer f.Close()
	hash := sha256.New()
	_, err = io.Copy(hash, f)
	w.must(err)
	return [sha256.Size]byte(hash.Sum(nil))
}
