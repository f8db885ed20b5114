package main

import (
	"os/exec"
	"testing"
	"time"
)

var noon = time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)

func TestVersionIsWrittenAsEachPackageHasIt(t *testing.T) {
	for _, c := range []struct {
		release string
		want    version
	}{
		{"v1.2.3", version{"1.2.3", "1.2.3", "1.2.3"}},
		{"v1.2.3-dirty", version{"1.2.3+dirty", "1.2.3+dirty", "1.2.3"}},
		{"v1.2.3-rc.1", version{"1.2.3~rc.1", "1.2.3-rc.1", "1.2.3"}},
		{"v1.2.3-5-gabc1234", version{"1.2.3+5.gabc1234", "1.2.3+5.gabc1234", "1.2.3"}},
		{"v1.2.3-5-gabc1234-dirty", version{"1.2.3+5.gabc1234.dirty", "1.2.3+5.gabc1234.dirty", "1.2.3"}},
		{"v1.2.3-rc.1-5-gabc1234", version{"1.2.3~rc.1+5.gabc1234", "1.2.3-rc.1+5.gabc1234", "1.2.3"}},
		{"abc1234", version{"0.0.0~git20261125.120000.abc1234", "0.0.0-git20261125.120000.abc1234", "0.0.20782"}},
		{"abc1234-dirty", version{"0.0.0~git20261125.120000.abc1234.dirty", "0.0.0-git20261125.120000.abc1234.dirty", "0.0.20782"}},
		{"nightly", version{"0.0.0~git20261125.120000.nightly", "0.0.0-git20261125.120000.nightly", "0.0.20782"}},
		{"", version{"0.0.0~git20261125.120000.unknown", "0.0.0-git20261125.120000.unknown", "0.0.20782"}},
	} {
		if got := versionOf(c.release, noon); got != c.want {
			t.Errorf("versionOf(%q) = %+v, want %+v", c.release, got, c.want)
		}
	}
}

// What is released later is newer to dpkg, whose order rpm's is too.
func TestVersionsRiseWithTheReleases(t *testing.T) {
	dpkg, err := exec.LookPath("dpkg")
	if err != nil {
		t.Skip("no dpkg to ask")
	}
	older := ""
	for _, release := range []string{"abc1234", "v1.2.3-rc.1", "v1.2.3-rc.1-2-gabc1234", "v1.2.3-rc.2", "v1.2.3", "v1.2.3-5-gabc1234", "v1.2.10"} {
		newer := versionOf(release, noon).linux
		if err := exec.Command(dpkg, "--compare-versions", older, "lt", newer).Run(); err != nil {
			t.Errorf("dpkg does not find %s (%s) newer than %s", newer, release, older)
		}
		older = newer
	}
}
