package main

import (
	"fmt"
	"regexp"
	"strings"
	"time"
)

// A version is one release as each kind of package writes it.
type version struct {
	linux string // deb and rpm; "~" sorts before the end, "+" after it
	plain string // semver, for archives
	msi   string // three numbers
}

var described = regexp.MustCompile(`^v(\d+\.\d+\.\d+)(?:-([0-9A-Za-z.]+?))??(?:-(\d+)-(g[0-9a-f]+))?(-dirty)?$`)

// versionOf reads what "git describe --tags --always --dirty" says: a tag such as
// v1.2.3 or v1.2.3-rc.1, with what came after it, or without a tag the commit.
func versionOf(release string, made time.Time) version {
	m := described.FindStringSubmatch(release)
	if m == nil {
		return untagged(release, made)
	}
	base, candidate, commits, commit, dirty := m[1], m[2], m[3], m[4], m[5]
	v := version{linux: base, plain: base, msi: base}
	if candidate != "" {
		v.linux += "~" + candidate
		v.plain += "-" + candidate
	}
	var after []string
	if commits != "" {
		after = append(after, commits, commit)
	}
	if dirty != "" {
		after = append(after, "dirty")
	}
	if len(after) > 0 {
		v.linux += "+" + strings.Join(after, ".")
		v.plain += "+" + strings.Join(after, ".")
	}
	return v
}

var notInVersions = regexp.MustCompile(`[^0-9A-Za-z]+`)

// untagged is older than every release, and the later commit is the newer one.
// The MSI's third number may not pass 65535: days, which do in 2149.
func untagged(commit string, made time.Time) version {
	commit = strings.Trim(notInVersions.ReplaceAllString(commit, "."), ".")
	if commit == "" {
		commit = "unknown"
	}
	name := fmt.Sprintf("git%s.%s", made.UTC().Format("20060102.150405"), commit)
	return version{
		linux: "0.0.0~" + name,
		plain: "0.0.0-" + name,
		msi:   fmt.Sprintf("0.0.%d", made.Unix()/int64(24*60*60)),
	}
}
