package proxy

import (
	"strings"
	"testing"
	"time"

	"baissh/proxy/backendai/backendaitest"
)

// A stream that stands and brings no byte, not even a ping, is taken for dead after 45 s:
// another one is opened, and a list tells what was missed.
func TestASilentStreamIsOpenedAnew(t *testing.T) {
	for _, m := range []mode{apiMode, webMode} {
		t.Run(string(m), func(t *testing.T) {
			onStage(t, m, backendaitest.Options{}, 0, func(s *stage) {
				s.manager.Inject(backendaitest.Fault{At: backendaitest.Events, Kind: backendaitest.SilentStream, Times: 1})
				s.newStream()
				s.pass(43 * time.Second)
				silent := s.streams()
				s.pass(5 * time.Second)
				all := s.streams()
				if len(silent) != 2 || len(all) != 3 || s.manager.EventStreams() != 1 {
					s.Fatalf("%d event streams were opened and then %d, want 2 and 3; %d stand, want 1", len(silent), len(all), s.manager.EventStreams())
				}
				if opened := all[2].Time; !s.listed(opened) {
					s.Errorf("nothing was listed within a second of %s", opened.Format(time.TimeOnly))
				}
			})
		})
	}
}

// newStream has the manager end the stream that stands, and waits until another one does.
func (s *stage) newStream() {
	s.Helper()
	s.manager.Down()
	if err := s.manager.Up(); err != nil {
		s.Fatal(err)
	}
	for range 60 {
		if s.pass(time.Second); s.manager.EventStreams() == 1 {
			return
		}
	}
	s.Fatal("no event stream is opened any more")
}

// streams are the event streams that were opened at the manager.
func (s *stage) streams() (all []backendaitest.Request) {
	for _, r := range s.manager.Requests() {
		if r.Path() == "/events/session" {
			all = append(all, r)
		}
	}
	return all
}

// listed reports whether there was a list within a second of a time.
func (s *stage) listed(after time.Time) bool {
	for _, r := range s.manager.Requests() {
		wait := r.Time.Sub(after)
		if !r.Web && strings.HasSuffix(r.Path(), "/admin/gql") && 0 <= wait && wait <= time.Second {
			return true
		}
	}
	return false
}
