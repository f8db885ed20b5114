package supervise

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var now = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func ago(d time.Duration) time.Time { return now.Add(-d) }

func TestNext(t *testing.T) {
	ann, bob := Session{1, "ann"}, Session{2, "bob"}
	for name, c := range map[string]struct {
		sessions []Session
		engines  map[string]Engine
		want     Plan
	}{
		"nobody is there": {},
		"each user has an engine": {
			sessions: []Session{bob, ann},
			want:     Plan{Start: []Session{ann, bob}},
		},
		"one user in two sessions has one engine, in the first": {
			sessions: []Session{{7, "ann"}, ann},
			want:     Plan{Start: []Session{ann}},
		},
		"what runs is left alone": {
			sessions: []Session{ann, {7, "ann"}},
			engines:  map[string]Engine{"ann": {Session: 7, Running: true}},
		},
		"at sign-out the engine ends": {
			sessions: []Session{bob},
			engines:  map[string]Engine{"ann": {Session: 1, Running: true}, "bob": {Session: 2, Running: true}},
			want:     Plan{Stop: []string{"ann"}},
		},
		"it is told so once": {
			engines: map[string]Engine{"ann": {Session: 1, Running: true, Stopping: true}},
		},
		"then it is forgotten": {
			engines: map[string]Engine{"ann": {Session: 1, Exit: 0, Since: ago(0)}},
			want:    Plan{Forget: []string{"ann"}},
		},
		"it moves to the user's other session": {
			sessions: []Session{{7, "ann"}},
			engines:  map[string]Engine{"ann": {Session: 1, Exit: 1, Crashes: 9, Since: ago(0)}},
			want:     Plan{Start: []Session{{7, "ann"}}},
		},
		"but only once it has ended in the first": {
			sessions: []Session{{7, "ann"}},
			engines:  map[string]Engine{"ann": {Session: 1, Running: true, Stopping: true}},
		},
		"a new sign-in begins anew": {
			sessions: []Session{{3, "ann"}},
			engines:  map[string]Engine{"ann": {Session: 1, Exit: exitRunning, Since: ago(time.Second)}},
			want:     Plan{Start: []Session{{3, "ann"}}},
		},
		"after a crash it waits": {
			sessions: []Session{ann},
			engines:  map[string]Engine{"ann": {Session: 1, Exit: 1, Crashes: 3, Since: ago(3 * time.Second)}},
			want:     Plan{Again: now.Add(time.Second)},
		},
		"and starts when the time has come": {
			sessions: []Session{ann},
			engines:  map[string]Engine{"ann": {Session: 1, Exit: 0xC0000005, Crashes: 3, Since: ago(4 * time.Second)}},
			want:     Plan{Start: []Session{ann}},
		},
		"the next to be due counts": {
			sessions: []Session{ann, bob},
			engines: map[string]Engine{
				"ann": {Session: 1, Exit: 1, Crashes: 1, Since: now},
				"bob": {Session: 2, Exit: 1, Crashes: 2, Since: now},
			},
			want: Plan{Again: now.Add(time.Second)},
		},
		"a wrong command line is not tried again": {
			sessions: []Session{ann},
			engines:  map[string]Engine{"ann": {Session: 1, Exit: exitUsage, Since: ago(time.Hour)}},
		},
		"beside another engine it is looked at now and then": {
			sessions: []Session{ann, bob},
			engines: map[string]Engine{
				"ann": {Session: 1, Exit: exitRunning, Since: ago(lookAgain)},
				"bob": {Session: 2, Exit: exitRunning, Since: ago(time.Minute)},
			},
			want: Plan{Start: []Session{ann}, Again: now.Add(lookAgain - time.Minute)},
		},
		"but after a crash, the other engine may be the one that crashed": {
			sessions: []Session{ann},
			engines:  map[string]Engine{"ann": Engine{Session: 1, Running: true, Crashes: 1, Since: ago(3 * time.Second)}.ended(exitRunning, ago(2*time.Second))},
			want:     Plan{Start: []Session{ann}},
		},
		"unless somebody asks": {
			sessions: []Session{ann},
			engines:  map[string]Engine{"ann": {Session: 1, Exit: exitRunning, Asked: true, Since: ago(time.Hour)}},
			want:     Plan{Start: []Session{ann}},
		},
		"who has not set baissh up is looked at again": {
			sessions: []Session{ann, bob},
			engines: map[string]Engine{
				"ann": {Session: 1, Exit: exitNotConfigured, Since: ago(lookAgain)},
				"bob": {Session: 2, Exit: exitNotConfigured, Since: ago(time.Minute)},
			},
			want: Plan{Start: []Session{ann}, Again: now.Add(4 * time.Minute)},
		},
		"who asks again and again is not heard each time": {
			sessions: []Session{ann},
			engines:  map[string]Engine{"ann": {Session: 1, Exit: exitNotConfigured, Asked: true, Since: ago(2 * time.Second)}},
			want:     Plan{Again: now.Add(3 * time.Second)},
		},
		"an engine that ended well in a session that goes on": {
			sessions: []Session{ann},
			engines:  map[string]Engine{"ann": {Session: 1, Exit: exitStopped, Since: now}},
			want:     Plan{Again: now.Add(lookAgain)},
		},
	} {
		t.Run(name, func(t *testing.T) {
			if d := cmp.Diff(c.want, Next(now, c.sessions, c.engines)); d != "" {
				t.Errorf("want -, got +:\n%s", d)
			}
		})
	}
}

func TestPausesGrow(t *testing.T) {
	e := Engine{Session: 1, Running: true, Since: now}
	at := now
	for _, want := range []time.Duration{time.Second, 2 * time.Second, 4 * time.Second, 8 * time.Second} {
		at = at.Add(time.Second)
		e = e.ended(exitFailed, at)
		due, _ := e.due()
		if got := due.Sub(at); got != want {
			t.Errorf("the pause after crash %d is %s, want %s", e.Crashes, got, want)
		}
		at = due
		e = e.started(1, at)
	}
	e.Crashes = 1000
	if e = e.ended(-1, at.Add(calm-1)); pause(e.Crashes) != longestPause {
		t.Errorf("the longest pause is %s, want %s", pause(e.Crashes), longestPause)
	}
	e = e.started(1, at)
	if e = e.ended(exitFailed, at.Add(calm)); e.Crashes != 1 {
		t.Errorf("after a calm run there are %d crashes, want 1", e.Crashes)
	}
}
