package atomicfile

import (
	"io/fs"
	"os"
	"time"
)

// A Seal is how some files were at one moment. A writer that had nothing to do then
// has nothing to do while it is unbroken. The zero value is broken.
type Seal struct {
	made  time.Time
	files []sealed
}

type sealed struct {
	path string
	info fs.FileInfo // nil if nothing was there
}

// tooFresh is how long after a change another one may leave the same time behind:
// some file systems count in seconds, FAT in two.
const tooFresh = 2 * time.Second

// SealFiles seals the files that these paths lead to, and those that are not there.
// Of a folder it is that it is there, and its mode, not what is in it.
func SealFiles(paths ...string) Seal {
	s := Seal{made: time.Now()}
	for _, path := range paths {
		info, _ := os.Stat(path)
		s.files = append(s.files, sealed{path, info})
	}
	return s
}

// Unbroken reports whether every file is as it was, as far as its size, times and
// mode tell. A file that was changed just before it was sealed is never known to be.
func (s Seal) Unbroken() bool {
	for _, f := range s.files {
		if now, _ := os.Stat(f.path); !f.is(now, s.made) {
			return false
		}
	}
	return len(s.files) > 0
}

func (f sealed) is(now fs.FileInfo, made time.Time) bool {
	switch {
	case f.info == nil || now == nil:
		return f.info == nil && now == nil
	case !os.SameFile(f.info, now) || f.info.Mode() != now.Mode():
		return false
	case now.IsDir():
		return true
	}
	return f.info.Size() == now.Size() && f.info.ModTime().Equal(now.ModTime()) && made.Sub(now.ModTime()) > tooFresh
}
