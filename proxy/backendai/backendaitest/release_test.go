package backendaitest

import (
	"slices"
	"testing"
)

func TestReleasesAreTheOldestFirst(t *testing.T) {
	want := []string{
		"22.03", "22.09", "23.03", "23.09.10", "23.09.11", "24.03", "24.09", "25.6", "25.15", "26.4", "26.8", "26.9",
	}
	if got := Releases(); !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}
