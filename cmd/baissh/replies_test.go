package main

import (
	"strings"
	"testing"
	"time"

	"baissh/proxy/backendai/backendaitest"
	"baissh/proxy/state"
)

// badReplies are the ways in which an answer can be none.
var badReplies = map[string]backendaitest.Fault{
	"truncated":   {Kind: backendaitest.TruncatedBody},
	"half":        {Kind: backendaitest.HalfBody},
	"endless":     {Kind: backendaitest.EndlessBody},
	"slow":        {Kind: backendaitest.SlowBody, Delay: 20 * time.Millisecond},
	"wrong types": {Kind: backendaitest.WrongTypes},
	"HTML 502":    {Kind: backendaitest.HTMLPage},
	"HTML 200":    {Kind: backendaitest.HTMLPage, Status: 200},
	"HTML 404":    {Kind: backendaitest.HTMLPage, Status: 404},
	"500":         {Kind: backendaitest.Refuse},
	"401":         {Kind: backendaitest.Refuse, Status: 401, Slug: "auth-failed"},
	"403":         {Kind: backendaitest.Refuse, Status: 403, Slug: "generic-forbidden"},
	"429":         {Kind: backendaitest.Refuse, Status: 429, Slug: "rate-limit-exceeded"},
	"cut":         {Kind: backendaitest.DropCall},
}

// Whatever the manager says, what was known stays until it makes sense again.
func TestBadRepliesLoseNothing(t *testing.T) {
	need(t, "ssh")
	for name, fault := range badReplies {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, backendaitest.Options{}, demoSpec, backendaitest.SessionSpec{Name: "other"})
			before := w.ready("bai-demo")
			w.ready("bai-other")
			config := w.text(".ssh", "bai", "config")
			for _, at := range []backendaitest.Endpoint{backendaitest.Hello, backendaitest.List, backendaitest.SessionInfo, backendaitest.Events, backendaitest.Download} {
				w.sufferAt(at, fault)
				if now := w.text(".ssh", "bai", "config"); now != config {
					t.Errorf("%s: ssh's config is now\n%s", at, now)
				}
			}
			w.baissh("", "reload")
			if now := w.ready("bai-demo"); now.Port != before.Port || now.HostKey != before.HostKey {
				t.Errorf("now %+v, before %+v", now, before)
			}
			w.good(w.ssh("bai-demo", "true"))
		})
	}
}

// sufferAt has the engine ask, and waits until it has met the fault.
func (w *world) sufferAt(at backendaitest.Endpoint, fault backendaitest.Fault) {
	w.Helper()
	fault.At = at
	undo := w.manager.Inject(fault)
	defer undo()
	if at != backendaitest.List {
		w.baissh("", "reload") // asked or not, nothing may come of it
		return
	}
	asked := w.manager.Count("POST /admin/gql")
	w.baissh("", "reload")
	w.eventually("the list is asked for", func() bool { return w.manager.Count("POST /admin/gql") > asked })
	if fault.Kind != backendaitest.SlowBody { // which is good in the end
		s := w.until("the trouble is said", func(s *state.Snapshot) bool { return s.Profiles[0].State != "connected" })
		if s.Profiles[0].Reason == "" || strings.Contains(s.Profiles[0].Reason, "<") {
			w.Errorf("the reason is %q", s.Profiles[0].Reason)
		}
	}
}

// A list that leaves out rows ends no session: only a look-up by id does.
func TestALookUpThatFailsEndsNoSession(t *testing.T) {
	w := newWorld(t, backendaitest.Options{}, demoSpec)
	w.ready("bai-demo")
	w.manager.Inject(backendaitest.Fault{At: backendaitest.SessionInfo, Kind: backendaitest.Refuse})
	asked := w.manager.Count("GET /session/*")
	w.manager.Sessions()[0].SetStatus("UNHEARD_OF") // the list's filter does not name it
	w.baissh("", "reload")
	w.eventually("it is looked up", func() bool { return w.manager.Count("GET /session/*") > asked })
	if got := w.text(".ssh", "bai", "config"); !strings.Contains(got, "Host bai-demo\n") {
		t.Error("the entry is gone though nobody said that the session has ended")
	}
}

// hostileNames are those that another's session, or a careless tool, could have.
var hostileNames = []string{
	"line\nProxyCommand touch /tmp/owned", "cr\rHost *", "star*", "question?", "per%cent%h", "dollar${HOME}", `quote"quote`,
	"-oProxyCommand=x", "--help", "../../etc/passwd", "a b c", "#comment", strings.Repeat("long", 75),
	"한글-세션", "emoji🙂", "nul\x00nul", "esc\x1b[31mred", "bai-demo", "tab\ttab", "@at", "dot.", ".dot", "UPPER", "!", "a,b",
}

// No name gets a word of its own into ssh's files, and none stops the others.
func TestHostileNames(t *testing.T) {
	need(t, "ssh")
	var specs []backendaitest.SessionSpec
	for _, name := range hostileNames {
		specs = append(specs, backendaitest.SessionSpec{Name: name})
	}
	w := newWorld(t, backendaitest.Options{}, append(specs, demoSpec)...)
	s := w.until("every session is judged", func(s *state.Snapshot) bool {
		return len(s.Hosts) == len(hostileNames)+1 && !containsHost(s.Hosts, func(h state.Host) bool { return h.State == state.Starting })
	})
	w.good(w.ssh("bai-demo", "true"))
	for _, h := range s.Hosts {
		if h.State == state.Ready {
			w.good(w.ssh(h.Alias, "true"))
		} else if h.Alias != "" || h.Reason == "" {
			t.Errorf("%q is %s: %s", h.Name, h.State, h.Reason)
		}
	}
	w.wantOnlyOurWords()
}

func containsHost(hosts []state.Host, is func(state.Host) bool) bool {
	for _, h := range hosts {
		if is(h) {
			return true
		}
	}
	return false
}

// wantOnlyOurWords checks that each line of the config is one that we write.
func (w *world) wantOnlyOurWords() {
	w.Helper()
	for line := range strings.Lines(w.text(".ssh", "bai", "config")) {
		keyword, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		switch {
		case keyword == "ProxyCommand" && rest != "none", strings.Contains(rest, "owned"):
			w.Errorf("a name became an option: %q", line)
		case keyword == "Host" && strings.ContainsAny(rest, "*?!, "):
			w.Errorf("a name became a pattern: %q", line)
		}
	}
}
