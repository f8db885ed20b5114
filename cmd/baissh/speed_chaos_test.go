//go:build chaos && linux

package main

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"baissh/proxy/backendai/backendaitest"
)

const (
	speedSize   = 128 << 20
	speedRounds = 5
	speedLimit  = 0.6 // of sftp's speed; by a third, two runs of one program may differ on a busy machine
)

// get and put are as fast as sftp where the server is an ordinary one.
func TestCopiesAreAsFastAsSFTP(t *testing.T) {
	need(t, "sftp", "sshd", "go")
	w := newWorld(t, backendaitest.Options{SSH: backendaitest.OpenSSH}, demoSpec)
	w.ready("bai-demo")
	baissh := built(t, w.home.Dir)
	w.big("large", speedSize)
	there := w.manager.Sessions()[0].Folder()
	w.batch("up", "put large "+there+"/large")
	w.batch("down", "get "+there+"/large back")
	sftp := func(batch string) []string {
		return []string{"sftp", "-q", "-F", w.config(), "-b", batch, "bai-demo"}
	}
	for _, way := range []struct {
		name         string
		sftp, baissh []string
		made         string
	}{
		{"put", sftp("up"), []string{baissh, "--home", w.home.Dir, "put", "large", "bai-demo:", "--quiet"}, filepath.Join(there, "large")},
		{"get", sftp("down"), []string{baissh, "--home", w.home.Dir, "get", "bai-demo:large", "back", "--quiet"}, filepath.Join(w.home.Dir, "back")},
	} {
		var theirs, ours []time.Duration
		for range speedRounds {
			for command, took := range map[*[]string]*[]time.Duration{&way.sftp: &theirs, &way.baissh: &ours} {
				os.Remove(way.made)
				r := w.program(nil, (*command)[0], (*command)[1:]...)
				if r.err != nil {
					t.Fatalf("%v: %s", r.err, r.complaint)
				}
				*took = append(*took, r.took)
			}
		}
		slices.Sort(theirs)
		slices.Sort(ours)
		ratio := float64(theirs[speedRounds/2]) / float64(ours[speedRounds/2])
		t.Logf("%s: sftp %v, baissh %v; baissh has %.2f of sftp's speed", way.name, theirs, ours, ratio)
		if ratio < speedLimit {
			t.Errorf("%s has %.2f of sftp's speed", way.name, ratio)
		}
	}
}
