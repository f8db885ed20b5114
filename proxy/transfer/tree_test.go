package transfer

import (
	"errors"
	"io"
	"io/fs"
	"net"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/pkg/sftp"
)

// A liar is an sftp server that lists these names in every folder.
type liar []string

func (l liar) Filelist(r *sftp.Request) (sftp.ListerAt, error) {
	if r.Method == "Stat" {
		return listed{entry{"dir", fs.ModeDir | 0o755}}, nil
	}
	var list listed
	for _, name := range l {
		list = append(list, entry{name, 0o644})
	}
	return list, nil
}

type listed []fs.FileInfo

func (l listed) ListAt(to []fs.FileInfo, from int64) (int, error) {
	if from >= int64(len(l)) {
		return 0, io.EOF
	}
	return copy(to, l[from:]), nil
}

type entry struct {
	name string
	mode fs.FileMode
}

func (e entry) Name() string       { return e.name }
func (e entry) Size() int64        { return 7 }
func (e entry) Mode() fs.FileMode  { return e.mode }
func (e entry) ModTime() time.Time { return time.Unix(1, 0) }
func (e entry) IsDir() bool        { return e.mode.IsDir() }
func (e entry) Sys() any           { return nil }

func (l liar) side(t *testing.T) side {
	t.Helper()
	here, there := net.Pipe()
	server := sftp.NewRequestServer(there, sftp.Handlers{FileList: l})
	go server.Serve()
	client, err := sftp.NewClientPipe(here, here)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { client.Close(); server.Close() })
	return remote{&conn{sftp: client}}
}

// A session may be anybody's: no name that it tells leads out of the target.
func TestNamesOfASessionStayInTheTarget(t *testing.T) {
	hostile := liar{"good", "..", ".", "../up", "/etc/passwd", "a/b", "nul\x00", ""}
	if runtime.GOOS == "windows" {
		hostile = append(hostile, `..\up`, "C:x", "stream:of", "NUL", "com1")
	}
	var got tree
	if err := got.grow(hostile.side(t), "dir", "target"); err != nil {
		t.Fatal(err)
	}
	// The client library makes "up" of "../up", which is as good as leaving it out.
	harmless := []string{"good", "up", "passwd", "b"}
	for _, f := range got.files {
		if dir, name := path.Split(f.to); dir != "target/" || !slices.Contains(harmless, name) {
			t.Errorf("a file would be at %q", f.to)
		}
	}
	if len(got.files) == 0 || len(got.left) == 0 {
		t.Errorf("%d files, and %q left out", len(got.files), got.left)
	}
}

// What a pattern finds is the session's word, too. Only Windows has names that mean more.
func TestFoundNamesStayInTheTarget(t *testing.T) {
	if runtime.GOOS != "windows" {
		return
	}
	j := &job{Copy: &Copy{Sources: []string{"stream:of", "C:x", "NUL"}, Target: "."}, from: liar{"x"}.side(t), to: local{}}
	if err := j.plan(); err != nil {
		t.Fatal(err)
	}
	if len(j.tree.files) > 0 || len(j.tree.left) != 3 {
		t.Errorf("%+v would be copied, %q left out", j.tree.files, j.tree.left)
	}
}

// Two files are never written into one another.
func TestEachFileHasAPlaceOfItsOwn(t *testing.T) {
	file := func(from, to string) item { return item{from, to, entry{path.Base(from), 0o644}} }
	for _, c := range []struct {
		name  string
		tree  tree
		files int // 0: refused
	}{
		{"apart", tree{files: []item{file("a/x", "t/x"), file("a/y", "t/y")}}, 2},
		{"one name", tree{files: []item{file("a/x", "t/x"), file("b/x", "./t/x")}}, 0},
		{"the same twice", tree{files: []item{file("a/x", "t/x"), file("./a/x", "t/x")}}, 1},
		{"folders are merged", tree{folders: []string{"t/d", "t/d"}, files: []item{file("a/d/1", "t/d/1"), file("b/d/2", "t/d/2")}}, 2},
		{"folder and file", tree{folders: []string{"t/d"}, files: []item{file("b/d", "t/d")}}, 0},
	} {
		if err := c.tree.onceEach(); (err != nil) != (c.files == 0) || err == nil && len(c.tree.files) != c.files {
			t.Errorf("%s: %d files, %v", c.name, len(c.tree.files), err)
		}
	}
}

// onDisk is a job from one folder of this machine to another, with one file in it.
func onDisk(t *testing.T, text string) (*job, item) {
	t.Helper()
	from, to := filepath.Join(t.TempDir(), "file"), filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(from, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(from)
	if err != nil {
		t.Fatal(err)
	}
	return &job{Copy: &Copy{Sums: true}, from: local{}, to: local{}}, item{filepath.ToSlash(from), filepath.ToSlash(to), info}
}

func TestAFileThatChangesMeanwhileIsNoCopy(t *testing.T) {
	j, i := onDisk(t, "first")
	if err := os.WriteFile(i.from, []byte("second and longer"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := j.copyFile(i); !errors.Is(err, errChanged) {
		t.Errorf("got %v", err)
	}
	if left, _ := filepath.Glob(filepath.Join(filepath.Dir(i.to), "*")); len(left) > 0 {
		t.Errorf("there is %q", left)
	}
}

// A chmodded remembers the last mode that a file was given.
type chmodded struct {
	sftp.FileCmder
	mode fs.FileMode
}

func (c *chmodded) Filecmd(r *sftp.Request) error {
	if r.AttrFlags().Permissions {
		c.mode = r.Attributes().FileMode()
	}
	return c.FileCmder.Filecmd(r)
}

// A key that others may write to is none, to ssh's programs; Windows says it of all files.
func TestAPutFileIsNotEverybodys(t *testing.T) {
	here, there := net.Pipe()
	memory := sftp.InMemHandler()
	last := &chmodded{FileCmder: memory.FileCmd}
	memory.FileCmd = last
	server := sftp.NewRequestServer(there, memory)
	go server.Serve()
	client, err := sftp.NewClientPipe(here, here)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { client.Close(); server.Close() }()
	j, i := onDisk(t, "text")
	j.to, j.Sums, i.to = remote{&conn{sftp: client}}, false, "/file"
	if err := j.copyFile(i); err != nil {
		t.Fatal(err)
	}
	if last.mode&0o022 != 0 || last.mode&0o600 != 0o600 {
		t.Errorf("its mode is %v", last.mode)
	}
}

// A part that was written by a break in the middle of many requests may have a hole
// near its end, and one that somebody spoiled before that is seen by its sum.
func TestPartsAreGoneOnWith(t *testing.T) {
	text := string(make([]byte, 3*stepBack)) + "the end"
	j, i := onDisk(t, text)
	part := partName(i)
	holed := []byte(text)[:2*stepBack]
	copy(holed[stepBack+1:], "a hole")
	if err := os.WriteFile(part, holed, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := j.copyFile(i); err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile(i.to); err != nil || string(got) != text {
		t.Errorf("the copy is not like the file: %v", err)
	}
	if moved := j.moved.Load(); moved != 2*stepBack+int64(len("the end")) {
		t.Errorf("%d bytes were moved of %d", moved, len(text))
	}

	j, i = onDisk(t, text)
	holed[1] = 'x'
	if err := os.WriteFile(partName(i), holed, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := j.copyFile(i); err == nil {
		t.Error("a spoiled part was completed, and its sum not missed")
	}
	if err := j.copyFile(i); err != nil {
		t.Errorf("the next attempt: %v", err)
	}
}

// losing loses the connection at the first of three files; the second is under way
// until the third begins.
type losing struct {
	local
	third chan struct{}
}

func (l losing) open(name string, from int64) (io.ReadCloser, error) {
	switch path.Base(name) {
	case "1":
		return nil, sftp.ErrSSHFxConnectionLost
	case "2":
		<-l.third
	case "3":
		close(l.third)
	}
	return l.local.open(name, from)
}

func TestWhatArrivedAfterALossIsCounted(t *testing.T) {
	from, to := t.TempDir(), t.TempDir()
	j := &job{Copy: &Copy{}, from: losing{third: make(chan struct{})}, to: local{}}
	for _, name := range []string{"1", "2", "3"} {
		if err := os.WriteFile(filepath.Join(from, name), []byte(name), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := j.tree.below(j.from, filepath.ToSlash(from), filepath.ToSlash(to)); err != nil {
		t.Fatal(err)
	}
	if err := j.run(t.Context()); !lost(err) {
		t.Errorf("got %v, want that the connection is lost", err)
	}
	if j.result.Files != 2 || j.result.Bytes != 2 {
		t.Errorf("%d files and %d bytes were copied, want 2 and 2", j.result.Files, j.result.Bytes)
	}
}

// A log grows while it is copied: what was there at first is what one gets.
func TestAFileThatGrowsIsCopiedAsItWas(t *testing.T) {
	j, i := onDisk(t, "first\n")
	j.Sums = false
	if err := os.WriteFile(i.from, []byte("first\nsecond\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := j.copyFile(i); err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile(i.to); err != nil || string(got) != "first\n" {
		t.Errorf("the copy is %q, %v", got, err)
	}
	if len(j.result.Grew) != 1 {
		t.Errorf("it was not said that it grew: %+v", j.result)
	}
}

// What is there of a new folder after a break is gone on with, not copied into.
func TestANewFolderHasItsNameWhenItIsComplete(t *testing.T) {
	from, to := filepath.ToSlash(filepath.Join(t.TempDir(), "from")), filepath.ToSlash(filepath.Join(t.TempDir(), "new"))
	if err := os.MkdirAll(filepath.Join(from, "sub"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(from, "sub", "file"), []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	attempt := func() *job { return &job{Copy: &Copy{Sources: []string{from}, Target: to}, from: local{}, to: local{}} }
	broken := attempt()
	if err := broken.plan(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(to); err == nil {
		t.Error("it has its name before it is complete")
	}
	j := attempt()
	if err := errors.Join(j.plan(), j.run(t.Context()), j.unstage()); err != nil {
		t.Fatal(err)
	}
	if text, err := os.ReadFile(filepath.Join(to, "sub", "file")); err != nil || string(text) != "x" {
		t.Errorf("%q, %v", text, err)
	}
	if left, _ := filepath.Glob(filepath.Join(filepath.Dir(to), ".*")); len(left) > 0 {
		t.Errorf("there is still %q", left)
	}
}

// unreadable has a folder that nobody may list.
type unreadable struct{ local }

func (u unreadable) list(dir string) ([]fs.FileInfo, error) {
	if path.Base(dir) == "closed" {
		return nil, fs.ErrPermission
	}
	return u.local.list(dir)
}

// What cannot be read, or is not there, is said, and the rest is copied.
func TestOneClosedFolderDoesNotKeepTheRestBack(t *testing.T) {
	from, to := filepath.ToSlash(t.TempDir()), filepath.ToSlash(t.TempDir())
	if err := os.MkdirAll(filepath.Join(from, "tree", "closed"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(from, "tree", "file"), []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	j := &job{Copy: &Copy{Sources: []string{from + "/missing", from + "/tree"}, Target: to}, from: unreadable{}, to: local{}}
	if err := j.plan(); err != nil {
		t.Fatal(err)
	}
	err := j.run(t.Context())
	if !errors.Is(err, fs.ErrPermission) || !errors.Is(err, fs.ErrNotExist) || j.result.Files != 1 {
		t.Errorf("%v; %d files were copied, want 1", err, j.result.Files)
	}
}
