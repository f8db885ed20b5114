package transfer

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/pkg/sftp"
)

// A side is one end of a transfer: the files of this machine, or of the session.
// Names have slashes. What is made is private until finish gives it its mode.
type side interface {
	stat(name string) (fs.FileInfo, error) // follows links
	match(pattern string) ([]string, error)
	list(dir string) ([]fs.FileInfo, error)
	mkdir(dir string) error
	open(name string, from int64) (io.ReadCloser, error)
	create(name string, from int64) (io.WriteCloser, error) // what is after from goes
	finish(part, name string, like fs.FileInfo) error
	rename(from, to string) error
	remove(name string) error
	sum(name string) ([]byte, error) // SHA-256
}

// local is this machine. Paths that a session told are checked before they get here.
type local struct{}

func (local) stat(name string) (fs.FileInfo, error) { return os.Stat(name) }

func (local) match(pattern string) ([]string, error) { return filepath.Glob(pattern) }

func (local) list(dir string) ([]fs.FileInfo, error) {
	entries, err := os.ReadDir(dir)
	var infos []fs.FileInfo
	for _, e := range entries {
		if info, err := e.Info(); err == nil { // else it went meanwhile
			infos = append(infos, info)
		}
	}
	return infos, err
}

func (local) mkdir(dir string) error { return os.MkdirAll(dir, 0o777) }

func (local) open(name string, from int64) (io.ReadCloser, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	return at(f, from, f.Seek)
}

func (local) create(name string, from int64) (io.WriteCloser, error) {
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	if err := f.Truncate(from); err != nil {
		f.Close()
		return nil, err
	}
	return at(f, from, f.Seek)
}

func (local) finish(part, name string, like fs.FileInfo) error {
	if err := os.Chmod(part, like.Mode().Perm()&^umask); err != nil {
		return err
	}
	if err := os.Chtimes(part, time.Time{}, like.ModTime()); err != nil {
		return err
	}
	return os.Rename(part, name)
}

func (local) rename(from, to string) error { return os.Rename(from, to) }

func (local) remove(name string) error { return os.Remove(name) }

func (l local) sum(name string) ([]byte, error) { return readSum(l, name) }

// remote is the session.
type remote struct{ *conn }

func (r remote) stat(name string) (fs.FileInfo, error)  { return r.sftp.Stat(name) }
func (r remote) match(pattern string) ([]string, error) { return r.sftp.Glob(pattern) }
func (r remote) list(dir string) ([]fs.FileInfo, error) { return r.sftp.ReadDir(dir) }
func (r remote) mkdir(dir string) error                 { return r.sftp.MkdirAll(dir) }
func (r remote) remove(name string) error               { return r.sftp.Remove(name) }

func (r remote) open(name string, from int64) (io.ReadCloser, error) {
	f, err := r.sftp.Open(name)
	if err != nil {
		return nil, err
	}
	return at(f, from, f.Seek)
}

func (r remote) create(name string, from int64) (io.WriteCloser, error) {
	f, err := r.sftp.OpenFile(name, os.O_WRONLY|os.O_CREATE)
	if err != nil {
		return nil, err
	}
	if err := errors.Join(f.Chmod(0o600), f.Truncate(from)); err != nil {
		f.Close()
		return nil, err
	}
	return at(f, from, f.Seek)
}

func (r remote) finish(part, name string, like fs.FileInfo) error {
	if err := r.sftp.Chmod(part, like.Mode().Perm()&^invented); err != nil {
		return err
	}
	if err := r.sftp.Chtimes(part, like.ModTime(), like.ModTime()); err != nil {
		return err
	}
	return r.rename(part, name)
}

// rename replaces name, which plain sftp refuses to.
func (r remote) rename(part, name string) error {
	if _, ok := r.sftp.HasExtension("posix-rename@openssh.com"); ok {
		return r.sftp.PosixRename(part, name)
	}
	if _, err := r.sftp.Stat(name); err == nil {
		if err := r.sftp.Remove(name); err != nil {
			return err
		}
	}
	return r.sftp.Rename(part, name)
}

// at moves a file that was just opened to an offset, or closes it.
func at[F io.Closer](f F, from int64, seek func(int64, int) (int64, error)) (F, error) {
	if _, err := seek(from, io.SeekStart); err != nil {
		f.Close()
		return f, err
	}
	return f, nil
}

// pump copies with as many requests in flight as are good. The session's file knows
// how; io.Copy would ask for what it knows of this machine's file first.
func pump(w io.Writer, r io.Reader, counted func(int)) (int64, error) {
	if f, ok := r.(*sftp.File); ok {
		return f.WriteTo(&countingWriter{w, counted})
	}
	if f, ok := w.(*sftp.File); ok {
		return f.ReadFromWithConcurrency(&countingReader{r, counted}, requests)
	}
	return io.Copy(w, &countingReader{r, counted})
}

type countingWriter struct {
	io.Writer
	counted func(int)
}

func (w *countingWriter) Write(p []byte) (int, error) {
	n, err := w.Writer.Write(p)
	w.counted(n)
	return n, err
}

type countingReader struct {
	io.Reader
	counted func(int)
}

func (r *countingReader) Read(p []byte) (int, error) {
	n, err := r.Reader.Read(p)
	r.counted(n)
	return n, err
}
