package backendai

import (
	"slices"
	"strings"
	"testing"
)

// What a server says means the same in whichever pieces it arrives, and whatever
// we let pass, another library reads alike. Its seeds are those of frameTests.
func FuzzReadFrames(f *testing.F) {
	f.Fuzz(func(t *testing.T, said []byte, cut uint) {
		want := hear(t, false, slices.Clone(said))
		cut = min(cut, uint(len(said)))
		for _, byWriteTo := range []bool{false, true} {
			if got := hear(t, byWriteTo, said[:cut:cut], said[cut:]); !got.equal(want) {
				t.Errorf("cut at %d: got %s, want %s", cut, brief(got), brief(want))
			}
		}
		if want.end != "end" && !strings.HasPrefix(want.end, "refused") {
			return // coder/websocket is laxer
		}
		if got := secondOpinion(t, said); got.payload != want.payload || got.end != want.end {
			t.Errorf("coder/websocket says %s, we say %s", brief(got), brief(want))
		}
	})
}
