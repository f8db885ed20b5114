package filezilla

import (
	"path/filepath"
	"slices"

	"baissh/proxy/atomicfile"
	"baissh/proxy/state"
)

// done is a Write that had nothing to change, and how it found FileZilla's files. While they and
// the entries are the same, another has nothing to do: each of a thousand host keys
// costs PuTTY's spelling a square root.
type done struct {
	dir     string
	entries []state.Entry
	seal    atomicfile.Seal
	said    state.Writer
}

func (d *done) still(dir string, entries []state.Entry) bool {
	return d.dir == dir && slices.Equal(d.entries, entries) && d.seal.Unbroken()
}

// files are all that a Write depends on; none where some of it is not in a file, as
// PuTTY's store on Windows.
func (w *Writer) files(dir string) []string {
	putty := w.puttyFile()
	if putty == "" {
		return nil
	}
	sites, keys := filepath.Join(dir, sitesFile), filepath.Join(dir, keysFile)
	return []string{dir, sites, sites + "~", keys, keys + "~", filepath.Join(dir, "filezilla.xml"), putty, w.Memory}
}
