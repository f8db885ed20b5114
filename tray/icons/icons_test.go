package icons

import "testing"

func TestEveryStateHasItsPicture(t *testing.T) {
	seen := map[string]State{}
	for _, s := range []State{Ready, Idle, Attention, Away} {
		picture := string(Picture(s))
		if picture == "" || seen[picture] != "" {
			t.Errorf("the picture of %s is empty, or that of %s", s, seen[picture])
		}
		seen[picture] = s
	}
}
