package proxy

import (
	"context"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"baissh/proxy/backendai"
	"baissh/proxy/backendai/backendaitest"
	"baissh/proxy/settings"
)

// A deadLogin is one that the server does not know any more.
type deadLogin struct{ asked int }

func (*deadLogin) CanExtend() bool  { return true }
func (*deadLogin) Uses(string) bool { return true }

func (d *deadLogin) Extend(context.Context) (time.Time, error) {
	d.asked++
	return time.Time{}, &backendai.Error{Kind: backendai.SignIn, Err: backendai.ErrLoginEnded}
}

// keepLogin keeps a login for a time, in a bubble, while somebody uses it, and returns
// when its end was noticed.
func keepLogin(ctx context.Context, client loginClient, life, long time.Duration) (ends []time.Duration) {
	began := time.Now()
	used := &use{}
	used.note(1)
	k := &loginKeeper{client: client, use: used, log: slog.New(slog.DiscardHandler)}
	k.login.Expires = began.Add(life)
	k.tell = func(settings.WebLogin) {}
	k.ended = func() { ends = append(ends, time.Since(began)) }
	ctx, cancel := context.WithTimeout(ctx, long)
	defer cancel()
	k.run(ctx)
	return ends
}

// A server that does not know a login is not asked to extend it again and again.
func TestADeadLoginIsNotExtended(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dead := &deadLogin{}
		if ends := keepLogin(t.Context(), dead, time.Hour, 3*time.Hour); len(ends) != 1 || dead.asked != 1 {
			t.Errorf("it was asked %d times, and the end was noticed at %v", dead.asked, ends)
		}
	})
}

// A lastingLogin is of a release that extends none.
type lastingLogin struct{ deadLogin }

func (*lastingLogin) CanExtend() bool { return false }

// The end is noticed when it comes, and not only when the next list is due.
func TestTheEndOfALoginIsNoticed(t *testing.T) {
	for _, life := range []time.Duration{8 * time.Second, 7 * 24 * time.Hour} {
		synctest.Test(t, func(t *testing.T) {
			ends := keepLogin(t.Context(), &lastingLogin{}, life, life+time.Hour)
			if len(ends) != 1 || ends[0] < life || ends[0] > life+5*time.Second {
				t.Errorf("a login of %s was noticed to have ended after %v", life, ends)
			}
		})
	}
}

// The end is announced when a day is left, and not before: a login lasts for a week as it
// is made.
func TestTheEndOfALoginIsNoNewsBeforeItsLastDay(t *testing.T) {
	onStage(t, webMode, backendaitest.Options{LoginAge: 25 * time.Hour}, 0, func(s *stage) {
		s.pass(58 * time.Minute)
		s.announced(false)
		s.pass(3 * time.Minute)
		s.announced(true)
	})
}

// A login that somebody uses is about to be extended, where the release can do that, and
// its end is no news. One that nobody uses ends.
func TestTheEndOfALoginThatIsUsedIsNoNews(t *testing.T) {
	for release, extends := range map[string]bool{"23.09.11": false, "26.9": true} {
		t.Run(release, func(t *testing.T) {
			onStage(t, webMode, backendaitest.Options{Release: release, LoginAge: 23 * time.Hour}, 1, func(s *stage) {
				s.announced(true)
				shell := s.logIn(s.manager.Sessions()[0])
				s.pass(time.Minute)
				s.announced(!extends)
				shell.Close()
				s.pass(time.Minute)
				s.announced(true)
			})
		})
	}
}

// announced wants the end of the login to be among the notices, or not to be.
func (s *stage) announced(want bool) {
	s.Helper()
	notices := s.engine.Status(s.Context(), 0).Notices
	is := slices.ContainsFunc(notices, func(n string) bool { return strings.Contains(n, "the login of profile") })
	if is != want {
		s.Errorf("%s: the notices are %q", time.Now().Format(time.TimeOnly), notices)
	}
}
