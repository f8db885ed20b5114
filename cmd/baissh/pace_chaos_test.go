//go:build chaos && linux

package main

import (
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"baissh/proxy/backendai/backendaitest"
	"baissh/proxy/settings"
)

var pacedRuns = flag.Int("runs", 200, "how often each method downloads")

const (
	pacedSize  = 64 << 20
	pacedLimit = 0.8 // of the speed without pacing, where that is right too
)

// Every method is right, each time, through the Dropbear that Backend.AI ships, and those
// that were right before are about as fast.
func TestPacedMethods(t *testing.T) {
	need(t, "ssh", "sftp", "scp", "rsync", "tar", "bash")
	shippedDropbear(t)
	paced, free := newPacedWorld(t, backendaitest.Dropbear, settings.PaceOn), newPacedWorld(t, backendaitest.Dropbear, settings.PaceOff)
	for _, w := range []*world{paced, free} {
		w.there("big", pacedSize)
	}
	ways := pacedLines(paced)
	took, tookFree := make([][]time.Duration, len(ways)), make([][]time.Duration, len(ways))
	for range *pacedRuns {
		for i, way := range ways {
			took[i] = append(took[i], download(paced, way))
			if way.fast {
				tookFree[i] = append(tookFree[i], download(free, pacedLines(free)[i]))
			}
		}
	}
	for i, way := range ways {
		ours := median(took[i])
		t.Logf("%s: %d runs, %.0f MB/s", way.name, len(took[i]), float64(pacedSize)/1e6/ours.Seconds())
		if !way.fast {
			continue
		}
		ratio := float64(median(tookFree[i])) / float64(ours)
		t.Logf("%s: %.2f of the speed without pacing", way.name, ratio)
		if ratio < pacedLimit {
			t.Errorf("%s has %.2f of the speed without pacing", way.name, ratio)
		}
	}
}

// pacedLines are the methods of pacedWays, and readers of many kinds.
func pacedLines(w *world) []pacedWay {
	ways := append(pacedWays(w), sharedWay(w))
	for _, way := range ways {
		if way.name == "cat | cat" {
			ways = append(ways, pacedWay{"cat | late", strings.Replace(way.line, "| cat", "| (sleep 1; cat)", 1), false},
				pacedWay{"cat | dd bs=512", strings.Replace(way.line, "| cat", "| dd bs=512 status=none", 1), false})
		}
	}
	return ways
}

// download fails the test unless what came is what is there.
func download(w *world, way pacedWay) time.Duration {
	w.Helper()
	os.Remove(filepath.Join(w.home.Dir, "big"))
	r := w.program(nil, "bash", "-c", "set -o pipefail; "+way.line)
	there, err := os.ReadFile(filepath.Join(w.manager.Sessions()[0].Folder(), "big"))
	if err != nil {
		w.Fatal(err)
	}
	if r.err != nil || w.text("big") != string(there) {
		w.Errorf("%s: it came out wrong: %v: %s", way.name, r.err, r.complaint)
	}
	return r.took
}

func median(list []time.Duration) time.Duration {
	return slices.Sorted(slices.Values(list))[len(list)/2]
}
