// Package transfer copies files into and out of a session by sftp, in a way that is
// right on the ssh server that Backend.AI ships: it never has more in flight than
// that one bears, compares the sizes afterwards, and goes on where a broken
// connection left off.
package transfer

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"baissh/proxy/state"

	"golang.org/x/sync/errgroup"
)

// A Copy is what to do. Give Sources and Target as the user said them.
type Copy struct {
	Login   Login
	Put     bool     // into the session; else out of it
	Sources []string // files and folders
	Target  string   // a folder, or the new name of a single source
	Sums    bool     // compare SHA-256 sums as well

	// Report, if set, is called with what there is to show, from one goroutine at a time.
	Report func(Progress)

	// inside is whether Target was a folder when the first connection looked. The
	// copy may have made one of it since.
	inside *bool
}

// Progress is how far a Copy is. It may go back, when a connection broke.
type Progress struct {
	Files, FilesDone int
	Bytes, BytesDone int64
}

// A Result is what a Copy did.
type Result struct {
	Files   int      `json:"files"`   // copied
	Bytes   int64    `json:"bytes"`   // of these
	Skipped int      `json:"skipped"` // there already, by size and time
	Left    []string `json:"left_out,omitempty"`
	Grew    []string `json:"grew,omitempty"` // while they were copied; what was there at first is
}

// reconnects is how often in a row a broken connection is replaced without a byte
// of progress.
const reconnects = 3

// Run copies. It goes on after a lost connection, and where it cannot, a later Run
// goes on with what is there. The error joins a [*FileError] for each file that failed.
func (c *Copy) Run(ctx context.Context) (Result, error) {
	total := Result{}
	idle := 0
	for first := true; ; first = false {
		result, moved, err := c.once(ctx)
		if idle++; moved {
			idle = 0
		}
		total.Files += result.Files
		total.Bytes += result.Bytes
		total.Left = result.Left
		total.Grew = append(total.Grew, result.Grew...)
		if first {
			total.Skipped = result.Skipped
		}
		if !lost(err) || idle >= reconnects || !pause(ctx, idle) {
			return total, errors.Join(ctx.Err(), err)
		}
	}
}

func pause(ctx context.Context, try int) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(time.Second << try):
		return true
	}
}

// once copies over one connection, and says whether that moved anything.
func (c *Copy) once(ctx context.Context) (r Result, moved bool, err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	conn, err := dial(ctx, c.Login)
	if err != nil {
		return Result{}, false, err
	}
	defer conn.close()
	j := &job{Copy: c, from: remote{conn}, to: local{}}
	if c.Put {
		j.from, j.to = j.to, j.from
	}
	if err = j.plan(); err == nil {
		if err = j.run(ctx); ctx.Err() == nil && !lost(err) {
			err = errors.Join(err, j.unstage())
		}
	}
	return j.result, j.moved.Load() > 0, err
}

// A job is a Copy over one connection.
type job struct {
	*Copy
	from, to side
	tree     tree
	target   string       // of a folder that is new
	staged   string       // its name until it is complete; "" if there is none
	moved    atomic.Int64 // bytes that went over the wire

	mu       sync.Mutex // guards what follows
	progress Progress
	result   Result
}

func (j *job) plan() error {
	if j.inside == nil {
		is := j.targetIsFolder()
		j.inside = &is
	}
	inside := *j.inside
	sources, err := j.sources()
	if err != nil {
		return err
	}
	if !inside && len(sources) > 1 {
		return fmt.Errorf("%s is no folder, and there are several sources", j.Target)
	}
	for _, source := range sources {
		target := filepath.ToSlash(j.Target)
		if inside {
			name := base(source)
			if name != "." && !safe(name) { // a pattern may have found it
				j.tree.leave(source, leadsElsewhere)
				continue
			}
			target = path.Join(target, name)
		}
		if !inside {
			if target, err = j.stage(source, target); err != nil {
				return err
			}
		}
		if err := j.tree.grow(j.from, source, target); err != nil {
			return err
		}
	}
	if err := j.tree.onceEach(); err != nil {
		return err
	}
	for _, i := range j.tree.files {
		j.progress.Bytes += i.info.Size()
	}
	j.progress.Files, j.result.Left = len(j.tree.files), j.tree.left
	for _, dir := range j.tree.folders {
		if err := j.to.mkdir(dir); err != nil {
			return &FileError{Name: dir, folder: true, err: err}
		}
	}
	return nil
}

// stage has a folder that is new grow under another name, so that what is there of it
// is not taken for the folder that the next attempt is to copy into.
func (j *job) stage(source, target string) (string, error) {
	info, err := j.from.stat(source)
	if err != nil || !info.IsDir() {
		return target, nil // growing the tree says what is wrong
	}
	if _, err := j.to.stat(target); err == nil {
		return "", fmt.Errorf("%s is a file, and %s a folder", state.Printable(target), state.Printable(source))
	}
	j.target, j.staged = target, path.Join(path.Dir(target), "."+path.Base(target)+".part")
	return j.staged, nil
}

// unstage gives a new folder its name, with all that could be copied into it.
func (j *job) unstage() error {
	if j.staged == "" {
		return nil
	}
	return j.to.rename(j.staged, j.target)
}

// sources are the names that the user's words mean: patterns are looked up where the
// files are.
func (j *job) sources() (names []string, err error) {
	for _, word := range j.Sources {
		word = filepath.ToSlash(word)
		if _, err := j.from.stat(word); err == nil || !strings.ContainsAny(word, "*?[") {
			names = append(names, word)
			continue
		}
		found, err := j.from.match(word)
		if err != nil || len(found) == 0 {
			return nil, &FileError{Name: word, err: errors.Join(err, fs.ErrNotExist)}
		}
		names = append(names, found...)
	}
	return names, nil
}

func (j *job) targetIsFolder() bool {
	info, err := j.to.stat(filepath.ToSlash(j.Target))
	return err == nil && info.IsDir()
}

// base is the name that a source has in a folder. That of "." or "/" is its content's
// folder, which has none of its own.
func base(source string) string {
	name := path.Base(filepath.ToSlash(source))
	if name == "/" || name == ".." {
		return "."
	}
	return name
}

// run copies all files, some at a time. One that fails does not keep others back; a
// lost connection or a full disk does.
func (j *job) run(ctx context.Context) error {
	var mu sync.Mutex
	failed := slices.Clone(j.tree.failed)
	var full bool
	stop := func() bool { mu.Lock(); defer mu.Unlock(); return full || ctx.Err() != nil }
	var group errgroup.Group
	group.SetLimit(atOnce)
	for _, i := range j.tree.files {
		if stop() {
			break
		}
		group.Go(func() error {
			if stop() { // while this one waited for its turn
				return nil
			}
			err := j.copyFile(i)
			mu.Lock()
			defer mu.Unlock()
			switch {
			case err == nil:
				j.done(i)
			case !lost(errors.Join(failed...)): // else it fails for the same reason
				failed = append(failed, &FileError{Name: i.from, To: i.to, err: err})
				full = full || errors.Is(err, syscall.ENOSPC)
			}
			return nil
		})
	}
	group.Wait()
	return errors.Join(failed...)
}

func (j *job) count(n int64) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.progress.BytesDone += n
	j.report()
}

func (j *job) skipped(i item) {
	j.count(i.info.Size())
	j.mu.Lock()
	defer j.mu.Unlock()
	j.result.Skipped++
	j.result.Files--
	j.result.Bytes -= i.info.Size()
}

func (j *job) grew(i item) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.result.Grew = append(j.result.Grew, state.Printable(i.from))
}

func (j *job) done(i item) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.result.Files++
	j.result.Bytes += i.info.Size()
	j.progress.FilesDone++
	j.report()
}

func (j *job) report() {
	if j.Report != nil {
		j.Report(j.progress)
	}
}
