package filezilla

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"slices"

	"baissh/proxy/atomicfile"
)

// A memory is what of the host-key stores is ours. The stores have no room for
// a marker, and a line that is not ours is not ours to remove.
type memory struct {
	Putty    []pin    `json:"putty,omitempty"`
	HostKeys []pin    `json:"hostkeys,omitempty"`
	Made     []string `json:"made,omitempty"` // files and folders that were not there before
}

// recall takes a file that it cannot read for an empty one: then what is there
// is never removed, only replaced.
func (w *Writer) recall() memory {
	var m memory
	if text, err := os.ReadFile(w.Memory); err == nil {
		_ = json.Unmarshal(text, &m)
	}
	return m
}

// remember comes before the deed, with old and new, and after it: a crash in
// between leaves nothing that nobody knows of.
func (w *Writer) remember(m memory) error {
	if w.Memory == "" {
		return nil
	}
	if len(m.Putty)+len(m.HostKeys)+len(m.Made) == 0 {
		return gone(os.Remove(w.Memory))
	}
	text, err := json.MarshalIndent(m, "", "\t")
	if err != nil {
		return err
	}
	_, err = atomicfile.WritePrivate(w.Memory, append(text, '\n'))
	return err
}

// made notes which of the paths are not there, and so will be ours.
func (m *memory) made(paths ...string) {
	for _, p := range paths {
		if !exists(p) && !slices.Contains(m.Made, p) {
			m.Made = append(m.Made, p)
		}
	}
}

func union(a, b []pin) []pin { return slices.Concat(a, without(b, a)) }

// gone takes a file that is not there for one that was removed.
func gone(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}
