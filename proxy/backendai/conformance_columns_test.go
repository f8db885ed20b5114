package backendai_test

import (
	"slices"
	"strings"
	"testing"

	"baissh/proxy/backendai/backendaitest"
)

// A held column fails in the name of a test when it lies.
type held struct{ column, test string }

// heldColumns are those of all behaviours; "*" is any release.
func heldColumns() (list []held) {
	add := func(columns, test string) {
		for column := range strings.FieldsSeq(columns) {
			list = append(list, held{column, test})
		}
	}
	addAll := func(test string, behaviours []behaviour) {
		for _, b := range behaviours {
			if b.alone {
				add(b.holds, test+"/*/"+b.name)
			} else {
				add(b.holds, test+"/*/together/"+b.name)
			}
		}
	}
	addAll("TestConformanceOfAnswers", answers)
	addAll("TestConformanceOfHappenings", happenings)
	for _, b := range webConduct {
		add(b.holds, "TestWebConformance/*/"+b.name)
	}
	for _, b := range webPlays {
		add(b.holds, "TestWebConformance/*/"+b.name)
	}
	for _, w := range waits {
		add(w.holds, "TestTheTimesOfEachRelease/*/"+w.name)
	}
	for _, h := range hours {
		add(h.holds, "TestTheHoursOfEachRelease/*/"+h.name)
	}
	return list
}

// Whatever the simulator's table says, a test would fail if it said otherwise. That it
// does is tried by ".ci/test-releases --broken".
func TestEachColumnIsHeld(t *testing.T) {
	var columns []string
	for _, h := range heldColumns() {
		columns = append(columns, h.column)
		if !slices.Contains(backendaitest.Columns(), h.column) {
			t.Errorf("%s holds the column %s, which is none", h.test, h.column)
		}
	}
	for _, column := range backendaitest.Columns() {
		if !slices.Contains(columns, column) {
			t.Errorf("no test holds the column %s", column)
		}
	}
}
