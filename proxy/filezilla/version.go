package filezilla

import (
	"context"
	"encoding/xml"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"time"
)

// stores says which of the two host-key stores are to be written. Up to 3.69
// FileZilla has PuTTY's, from 3.70 its own hostkeys.xml, into which it takes
// over the user's PuTTY keys once, when there is no hostkeys.xml yet. So none
// is made for an older one, since that would cost the user the take-over.
func stores(version string, hasOwn bool) (putty, own bool) {
	major, minor, known := parseVersion(version)
	newer := major > 3 || major == 3 && minor >= 70
	return !known || !newer, !known || newer || hasOwn
}

// Packages have an epoch in front, which is not part of the version.
var versions = regexp.MustCompile(`(?:^|[^0-9.:])(?:\d+:)?(\d+)\.(\d+)`)

func parseVersion(text string) (major, minor int, known bool) {
	m := versions.FindStringSubmatch(text)
	if m == nil {
		return 0, 0, false
	}
	major, errMajor := strconv.Atoi(m[1])
	minor, errMinor := strconv.Atoi(m[2])
	return major, minor, errMajor == nil && errMinor == nil
}

const askVersion = 5 * time.Second

// version is that of the FileZilla which ran here last, or else of the one that
// is installed; "" if neither can be had.
func (w *Writer) version(ctx context.Context, dir string) string {
	text, err := os.ReadFile(filepath.Join(dir, "filezilla.xml"))
	if err == nil {
		var file struct {
			Version string `xml:"version,attr"`
		}
		if xml.Unmarshal(text, &file) == nil && file.Version != "" {
			return file.Version
		}
	}
	if w.asked == "" {
		ctx, cancel := context.WithTimeout(ctx, askVersion)
		defer cancel()
		w.asked = w.askInstalled(ctx)
	}
	return w.asked
}

func (w *Writer) askInstalled(ctx context.Context) string {
	if w.installed != nil {
		return w.installed(ctx)
	}
	return installedVersion(ctx, w.program())
}
