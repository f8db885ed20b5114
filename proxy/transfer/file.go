package transfer

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"time"

	"baissh/proxy/state"
)

// stepBack is how much of a part is not believed: what was in flight when it broke
// off may have left a hole.
const stepBack = requests * packet * 2

// errChanged says that a file is not what it was when the copy began.
var errChanged = errors.New("it was changed while it was copied; copy it again")

// copyFile copies one file. It is complete under its name, or a part beside it that
// the next attempt goes on with.
func (j *job) copyFile(i item) error {
	if j.there(i) {
		j.skipped(i)
		return nil
	}
	part := partName(i)
	if err := j.fill(i, part); err != nil {
		return err
	}
	if err := j.cut(i, part); err != nil {
		return err
	}
	if err := j.check(i, part); err != nil {
		_ = j.to.remove(part) // it would be wrong again
		return err
	}
	if err := j.to.finish(part, i.to, i.info); err != nil {
		return err
	}
	return j.checkSize(i.to, i.info.Size())
}

// there reports whether the file is at its place already, by size and time.
func (j *job) there(i item) bool {
	info, err := j.to.stat(i.to)
	return err == nil && info.Mode().IsRegular() && info.Size() == i.info.Size() && sameTime(info.ModTime(), i.info.ModTime())
}

// sameTime compares as sftp can tell, in seconds.
func sameTime(a, b time.Time) bool { return a.Unix() == b.Unix() }

// partName tells the versions of a file apart, so that no part of one is completed
// with another.
func partName(i item) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%d %d", i.info.Size(), i.info.ModTime().Unix()))
	return path.Join(path.Dir(i.to), "."+path.Base(i.to)+"."+hex.EncodeToString(sum[:4])+".part")
}

// fill brings a part to its full length.
func (j *job) fill(i item, part string) error {
	var from int64
	if info, err := j.to.stat(part); err == nil && info.Size() <= i.info.Size() {
		from = max(0, info.Size()-stepBack)
	}
	r, err := j.from.open(i.from, from)
	if err != nil {
		return err
	}
	defer r.Close()
	w, err := j.to.create(part, from)
	if err != nil {
		return err
	}
	j.count(from)
	_, err = pump(w, r, func(n int) { j.moved.Add(int64(n)); j.count(int64(n)) })
	return errors.Join(err, w.Close())
}

// cut takes off what a file has grown by while it was copied.
func (j *job) cut(i item, part string) error {
	info, err := j.to.stat(part)
	if err != nil || info.Size() <= i.info.Size() {
		return err
	}
	w, err := j.to.create(part, i.info.Size())
	if err != nil {
		return err
	}
	return w.Close()
}

// check compares what was copied with what is to be copied. A file that only grows, as
// a log does, is copied as it was at first, which is said.
func (j *job) check(i item, part string) error {
	now, err := j.from.stat(i.from)
	if err != nil {
		return err
	}
	switch grew := now.Size() > i.info.Size(); {
	case grew && !j.Sums:
		j.grew(i)
	case grew || now.Size() < i.info.Size() || !now.ModTime().Equal(i.info.ModTime()):
		return errChanged
	}
	if err := j.checkSize(part, i.info.Size()); err != nil || !j.Sums {
		return err
	}
	want, err := j.from.sum(i.from)
	if err != nil {
		return err
	}
	got, err := j.to.sum(part)
	if err == nil && !bytes.Equal(got, want) {
		err = fmt.Errorf("the copy has another SHA-256: %x, not %x", got, want)
	}
	return err
}

func (j *job) checkSize(name string, want int64) error {
	info, err := j.to.stat(name)
	if err == nil && info.Size() != want {
		err = fmt.Errorf("the copy has %d bytes, not %d", info.Size(), want)
	}
	return err
}

// A FileError says which file could not be copied, and where to, or which folder
// could not be made.
type FileError struct {
	Name, To string
	folder   bool
	err      error
}

func (e *FileError) Error() string {
	doing, name := "copy ", state.Printable(e.Name)
	if e.folder {
		doing = "make the folder "
	}
	if e.To != "" {
		name += " to " + state.Printable(e.To)
	}
	return doing + name + ": " + plain(e.err)
}

// Unwrap returns why.
func (e *FileError) Unwrap() error { return e.err }

// plain leaves out the path, which was said.
func plain(err error) string {
	var p *fs.PathError
	var l *os.LinkError
	switch {
	case errors.As(err, &p):
		return p.Err.Error()
	case errors.As(err, &l):
		return l.Err.Error()
	}
	return err.Error()
}
