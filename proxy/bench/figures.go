package main

import (
	"math"
	"slices"
	"time"
)

// A figure is one row of the table.
type figure struct {
	name   string
	digits int
	less   bool // less is better
}

// The order of the rows.
const (
	speedUp = iota
	speedDown
	cpuUp
	cpuDown
	trip50
	trip99
	firstByte
	idleMemory
	idleGoroutines
	figureCount
)

var figures = [figureCount]figure{
	speedUp:        {name: "stream up, MiB/s"},
	speedDown:      {name: "stream down, MiB/s"},
	cpuUp:          {name: "tunnel's CPU up, s/GiB", digits: 2, less: true},
	cpuDown:        {name: "tunnel's CPU down, s/GiB", digits: 2, less: true},
	trip50:         {name: "round trip of 64 bytes p50, µs", less: true},
	trip99:         {name: "round trip of 64 bytes p99, µs", less: true},
	firstByte:      {name: "connect to first byte p50, ms", digits: 2, less: true},
	idleMemory:     {name: "idle memory a connection, KiB", less: true},
	idleGoroutines: {name: "idle goroutines a connection", digits: 1, less: true},
}

// A sheet is one round's figures of one contender. What was not measured is NaN.
type sheet [figureCount]float64

func blankSheet() (s sheet) {
	for i := range s {
		s[i] = math.NaN()
	}
	return s
}

// median is the middle of the figures that were measured, else NaN.
func median(values []float64) float64 {
	known := slices.DeleteFunc(slices.Clone(values), math.IsNaN)
	if len(known) == 0 {
		return math.NaN()
	}
	slices.Sort(known)
	return (known[(len(known)-1)/2] + known[len(known)/2]) / 2
}

func column(sheets []sheet, f int) []float64 {
	values := make([]float64, len(sheets))
	for i, s := range sheets {
		values[i] = s[f]
	}
	return values
}

// ratios compares round by round, since the machine is not the same in each:
// 1 is as good as the yardstick and less is worse, whichever way the figure runs.
func ratios(f int, sheets, yardstick []sheet) []float64 {
	values := make([]float64, min(len(sheets), len(yardstick)))
	for i := range values {
		values[i] = sheets[i][f] / yardstick[i][f]
		if figures[f].less {
			values[i] = 1 / values[i]
		}
	}
	return values
}

// percentile sorts times.
func percentile(times []time.Duration, p int) time.Duration {
	slices.Sort(times)
	return times[min(len(times)*p/100, len(times)-1)]
}
