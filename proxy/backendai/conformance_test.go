package backendai_test

import (
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"baissh/proxy/backendai"
	"baissh/proxy/backendai/backendaitest"
	"baissh/proxy/backendai/backendaitest/site"
)

// A behaviour is something of a manager that the client relies on, and what it looks
// like. A release that has lost one fails in its name.
type behaviour struct {
	name  string
	is    func(*trial)
	alone bool   // nothing else may happen meanwhile
	holds string // the columns of the simulator's table that fail in its name
}

// What each release is like. The simulator is held to it here, and the release that
// there is to run by "make test-real": what is played of it is what is real. It is in two
// parts, each of which takes minutes on a real one.
var (
	answers = slices.Concat(helloBehaviours, keyPairBehaviours, listBehaviours, queryBehaviours, lookupBehaviours,
		keyFileBehaviours, vendorBehaviours)
	happenings = slices.Concat(eventBehaviours, streamBehaviours, refusalBehaviours, tunnelBehaviours, lifeBehaviours)
)

func TestConformanceOfAnswers(t *testing.T)    { conform(t, answers) }
func TestConformanceOfHappenings(t *testing.T) { conform(t, happenings) }

func conform(t *testing.T, behaviours []behaviour) {
	for _, release := range site.Releases() {
		t.Run(release, func(t *testing.T) { conformAs(t, release, behaviours) })
	}
}

func conformAs(t *testing.T, release string, behaviours []behaviour) {
	c, err := site.StartAs(site.Options{Release: release, CrashDelay: 50 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		http.DefaultClient.CloseIdleConnections()
		if err := c.Close(); err != nil {
			t.Error(err)
		}
		http.DefaultTransport.(*http.Transport).CloseIdleConnections() // a real manager keeps them for long
	})
	shared := sync.OnceValues(func() (site.Session, error) { return c.Create(site.Spec{Name: "shared"}) })
	try := func(t *testing.T, b behaviour) { b.is(&trial{T: t, Site: c, shared: shared}) }
	t.Run("together", func(t *testing.T) {
		for _, b := range behaviours {
			if !b.alone {
				t.Run(b.name, func(t *testing.T) { t.Parallel(); try(t, b) })
			}
		}
	})
	for _, b := range behaviours {
		if b.alone {
			t.Run(b.name, func(t *testing.T) { try(t, b) })
		}
	}
}

// A trial is the look at one behaviour.
type trial struct {
	*testing.T
	site.Site
	shared func() (site.Session, error)
}

// since is what holds from a release on.
type since[T any] map[string]T

// at is what holds at the trial's release.
func (s since[T]) at(tr *trial) T { return s.in(tr.Release()) }

func (s since[T]) in(release string) (value T) {
	for _, r := range backendaitest.Releases() {
		if v, ok := s[r]; ok {
			value = v
		}
		if r == release {
			break
		}
	}
	return value
}

// from reports whether the trial's release is this one or newer.
func (tr *trial) from(release string) bool { return since[bool]{release: true}.at(tr) }

// session is one of Alice's that runs, for those who change nothing.
func (tr *trial) session() site.Session {
	tr.Helper()
	s, err := tr.shared()
	if err != nil {
		tr.Fatal(err)
	}
	return s
}

// create makes a session that ends with the trial.
func (tr *trial) create(spec site.Spec) site.Session {
	tr.Helper()
	s, err := tr.Create(spec)
	if err != nil {
		tr.Fatal(err)
	}
	tr.Cleanup(s.Discard)
	return s
}

// must is for what is done to a session.
func (tr *trial) must(err error) {
	tr.Helper()
	if err != nil {
		tr.Fatal(err)
	}
}

func (tr *trial) keys(who site.User) backendai.KeyPair {
	access, secret := tr.KeyPair(who)
	return backendai.KeyPair{AccessKey: access, SecretKey: secret}
}

func (tr *trial) client(who site.User) *backendai.Client {
	tr.Helper()
	c, err := backendai.New(backendai.Config{Endpoint: tr.URL(), Keys: tr.keys(who)})
	if err != nil {
		tr.Fatal(err)
	}
	tr.Cleanup(c.Close)
	return c
}
