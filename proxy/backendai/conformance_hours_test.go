package backendai_test

import (
	"testing"
	"testing/synctest"
	"time"

	"baissh/proxy/backendai"
	"baissh/proxy/backendai/backendaitest"
)

// An hour is something that takes a good part of one, which passes at once.
type hour struct {
	name  string
	is    func(t *testing.T, server *backendaitest.Server, c *backendai.Client, release string)
	holds string // the columns of the simulator's table that fail in its name
}

// hourLimit is how much may be asked for in it.
const hourLimit = 4

var hours = []hour{
	{name: "of a limit that rolls, or is over at once", holds: "rateLimitRolls", is: func(t *testing.T, _ *backendaitest.Server, c *backendai.Client, release string) {
		ask(t, c, 1, "")
		pass(10 * time.Minute)
		ask(t, c, hourLimit-1, "")
		pass(5 * time.Minute)
		// The one that is too much counts, too.
		good := since[[2]int]{"22.03": {1, hourLimit - 2}, "26.9": {hourLimit, 0}}.in(release)
		ask(t, c, good[0], "")
		ask(t, c, 1, backendai.Limited)
		pass(14 * time.Minute)
		ask(t, c, good[1], "")
		ask(t, c, 1, backendai.Limited)
	}},
	{name: "of an idle session, which an open tunnel keeps or does not", holds: "tunnelsAreUse", is: idleHour},
}

// pass lets time go by, until all that was to happen in it has.
func pass(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

// ask asks so many times, and wants this kind of error each time, or none.
func ask(t *testing.T, c *backendai.Client, times int, want backendai.Kind) {
	t.Helper()
	for i := range times {
		err := c.CheckAccess(t.Context())
		if (err == nil) != (want == "") || err != nil && backendai.KindOf(err) != want {
			t.Errorf("call %d of %d: %v, want %q", i+1, times, err, want)
		}
	}
}

// idleHour sees what becomes of a session with a tunnel, and wants the client to have
// foretold it. The oldest release foretells nothing.
func idleHour(t *testing.T, server *backendaitest.Server, c *backendai.Client, release string) {
	used, unused := create(t, server, backendaitest.SessionSpec{}), create(t, server, backendaitest.SessionSpec{})
	for _, s := range []*backendaitest.Session{used, unused} {
		s.SetIdle("network_timeout", 2*time.Minute)
	}
	keeps := since[bool]{"22.03": true, "23.03": false, "26.4": true}.in(release)
	listed, err := c.Sessions(t.Context())
	if err != nil || len(listed) != 2 {
		t.Fatalf("%v, %v", listed, err)
	}
	if idle := listed[0].Idle; (idle == nil) != (release == "22.03") || idle != nil && idle.Awake != keeps {
		t.Errorf("it is announced as %+v", idle)
	}
	conn, err := c.Dial(t.Context(), used.ID())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	pass(3 * time.Minute)
	if lives := used.Status() == "RUNNING"; lives != keeps || unused.Status() != "TERMINATED" {
		t.Errorf("with a tunnel it is %s, without %s", used.Status(), unused.Status())
	}
	conn.Close()
	pass(3 * time.Minute)
	if used.Status() != "TERMINATED" {
		t.Errorf("without its tunnel it is %s", used.Status())
	}
}

func TestTheHoursOfEachRelease(t *testing.T) {
	for _, release := range backendaitest.Releases() {
		for _, h := range hours {
			t.Run(release+"/"+h.name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					network := &backendaitest.Network{}
					server := start(t, backendaitest.Options{Release: release, RateLimit: hourLimit, Network: network})
					access, secret := server.KeyPair()
					c, err := backendai.New(backendai.Config{
						Endpoint: server.URL(), Keys: backendai.KeyPair{AccessKey: access, SecretKey: secret}, Dial: network.DialContext,
					})
					if err != nil {
						t.Fatal(err)
					}
					defer c.Close()
					if _, err := c.Hello(t.Context()); err != nil {
						t.Fatal(err)
					}
					h.is(t, server, c, release)
				})
			})
		}
	}
}
