package main

import (
	"math"
	"net"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestMedianLeavesOutWhatWasNotMeasured(t *testing.T) {
	nan := math.NaN()
	for _, test := range []struct {
		values []float64
		want   float64
	}{
		{[]float64{3, 1, 2}, 2},
		{[]float64{4, nan, 1, 2, 3}, 2.5},
		{[]float64{nan, 7}, 7},
	} {
		if got := median(test.values); got != test.want {
			t.Errorf("median(%v) = %v, want %v", test.values, got, test.want)
		}
	}
	if got := median([]float64{nan}); !math.IsNaN(got) {
		t.Errorf("median(NaN) = %v, want NaN", got)
	}
}

func TestRatioUnderOneIsAlwaysWorse(t *testing.T) {
	ours, theirs := blankSheet(), blankSheet()
	ours[speedUp], theirs[speedUp] = 50, 100
	ours[cpuUp], theirs[cpuUp] = 2, 1
	for _, f := range []int{speedUp, cpuUp} {
		if got := ratios(f, []sheet{ours}, []sheet{theirs}); !slices.Equal(got, []float64{0.5}) {
			t.Errorf("ratios(%s) = %v, want [0.5]", figures[f].name, got)
		}
	}
}

func TestPercentile(t *testing.T) {
	times := []time.Duration{5, 1, 4, 2, 3}
	for p, want := range map[int]time.Duration{0: 1, 50: 3, 99: 5, 100: 5} {
		if got := percentile(times, p); got != want {
			t.Errorf("percentile(%v, %d) = %v, want %v", times, p, got, want)
		}
	}
}

func TestWhatIsBehindIsNamed(t *testing.T) {
	theirs, ours := blankSheet(), blankSheet()
	theirs[speedUp], theirs[speedDown] = 100, 100
	ours[speedUp], ours[speedDown] = 50, 95
	var out strings.Builder
	if err := show(&out, results{plainTLS: {theirs}, baissh: {ours}}); err != nil {
		t.Fatal(err)
	}
	want := "under 0.9 of plain TLS: stream up, MiB/s (0.50)\n"
	if _, after, _ := strings.Cut(out.String(), "\nunder"); "under"+after != want {
		t.Errorf("the table ends with %q, want %q", "under"+after, want)
	}
}

// The far side and the client must agree on what a transfer is.
func TestFarSideServesItsClient(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	go accept(ln) // ends with the listener
	c, err := connect(t.Context(), ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	for name, stream := range map[string]func(int64) error{"up": c.up, "down": c.down} {
		if err := stream(3*chunk + 1); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if times, err := c.echoes(3); err != nil || len(times) != 3 {
		t.Errorf("echoes(3) = %v, %v, want three times", times, err)
	}
}
