//go:build real

package main

import (
	"crypto/rand"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"baissh/proxy/backendai/backendaitest/site"
)

// TestLargeFilesOnARealManager copies files to a session and back, as often as RUNS
// says, through the ssh server that the vendor ships, which ignores the window. It is
// "make test-large", and not part of "make test-real".
func TestLargeFilesOnARealManager(t *testing.T) {
	need(t, "ssh")
	runs, err := strconv.Atoi(os.Getenv("RUNS"))
	if err != nil {
		t.Fatalf("RUNS is to be how often: %v", err)
	}
	backend, err := site.Start()
	if err != nil {
		t.Fatal(err)
	}
	w := newSiteWorld(t, backend, site.Alice, modes...)
	w.makes(site.Spec{Name: "large"})
	w.bothReady("large")
	for _, size := range []int64{64 << 20, 1 << 30} {
		w.fill("large", size)
		w.inBothModes("large", func(m mode, alias string) {
			t.Run(fmt.Sprintf("%d MiB in %s", size>>20, m.name), func(t *testing.T) {
				w.again(t, alias, size, runs)
			})
		})
	}
}

// again copies a file there and back as often, and tells how fast that was.
func (w *siteWorld) again(t *testing.T, alias string, size int64, runs int) {
	here := *w.world
	here.T = t
	inside := &siteWorld{&here, w.site, w.who, w.modes}
	var up, down time.Duration
	for run := range runs {
		u, d := inside.thereAndBack("large", alias)
		if t.Failed() {
			t.Fatalf("run %d of %d was not right", run+1, runs)
		}
		up, down = up+u, down+d
		t.Logf("run %d: there at %s, back at %s", run+1, speed(size, u), speed(size, d))
	}
	total := size * int64(runs)
	t.Logf("%d of %d are right; there at %s, back at %s", runs, runs, speed(total, up), speed(total, down))
}

func speed(size int64, took time.Duration) string {
	return fmt.Sprintf("%.0f MB/s", float64(size)/1e6/took.Seconds())
}

// fill makes a file of the user's of any size, which nothing can make smaller.
func (w *siteWorld) fill(name string, size int64) {
	w.Helper()
	f, err := os.Create(filepath.Join(w.home.Dir, name))
	w.must(err)
	_, err = io.CopyN(f, rand.Reader, size)
	w.must(err)
	w.must(f.Close())
}
