package main

import (
	"testing"
	"time"

	"baissh/proxy/backendai"
	"baissh/proxy/backendai/backendaitest/site"
	"baissh/proxy/state"
)

// A machine that is busy may be slow at times; we would be slow each time.
func wantAnswer(t *testing.T, backend site.Site, in mode) {
	in.prefix = modes[0].prefix // the only profile's
	w := newSiteWorld(t, backend, site.Alice, in)
	for _, name := range []string{"fresh", "fresher", "freshest"} {
		if w.answersSoon(name) || !site.Real { // played ones have a test of their own
			return
		}
	}
	t.Error("no session of three answered within a second of RUNNING")
}

// answersSoon creates a session, and reports whether ssh could log in within a second of
// the moment that the list has for its becoming RUNNING.
func (w *siteWorld) answersSoon(name string) bool {
	w.Helper()
	made := make(chan error, 1)
	var s site.Session
	go func() {
		var err error
		s, err = w.site.Create(site.Spec{Name: name, User: w.who})
		made <- err
	}()
	w.bothReady(name)
	ready := time.Now()
	w.must(<-made)
	w.Cleanup(s.Discard)
	w.bothLogIn(name)
	took := ready.Sub(w.listed(s).StatusChanged)
	w.Logf("it took %s from RUNNING to ready", took)
	return took <= answerLimit
}

// listed is a session as the manager lists it.
func (w *siteWorld) listed(s site.Session) state.Session {
	w.Helper()
	access, secret := w.site.KeyPair(w.who)
	c, err := backendai.New(backendai.Config{Endpoint: w.site.URL(), Keys: backendai.KeyPair{AccessKey: access, SecretKey: secret}})
	w.must(err)
	defer c.Close()
	_, err = c.Hello(w.Context())
	w.must(err)
	sessions, err := c.Sessions(w.Context())
	w.must(err)
	for _, one := range sessions {
		if one.ID == s.ID() {
			return one
		}
	}
	w.Fatalf("session %s is not listed", s.Name())
	return state.Session{}
}
