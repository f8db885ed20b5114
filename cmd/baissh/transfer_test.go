package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"baissh/proxy/backendai/backendaitest"
	"baissh/proxy/transfer"
)

// manuscript is a folder with all that a folder may have in it.
func manuscript(t *testing.T, dir string) {
	t.Helper()
	old := time.Date(2020, 2, 29, 12, 0, 0, 0, time.UTC)
	for name, size := range map[string]int{
		"empty": 0, "-rf": 10, "it's \"quoted\" $HOME": 100, "sub/한글 name": 3<<20 + 17, "sub/deep/er/x": 1, "run.sh": 33, "back\\slash": 5,
	} {
		file := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		mode := fs.FileMode(0o640)
		if name == "run.sh" {
			mode = 0o755
		}
		if err := os.WriteFile(file, bytes.Repeat([]byte{byte(size), 1, 2}, size/3+1)[:size], mode); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(file, old, old); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.MkdirAll(filepath.Join(dir, "nothing in it"), 0o755); err != nil {
		t.Fatal(err)
	}
}

// listing is what a tree is: names, kinds, modes, times and sums.
func listing(t *testing.T, dir string) string {
	t.Helper()
	var lines strings.Builder
	err := filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		name, _ = filepath.Rel(dir, name)
		if d.IsDir() {
			fmt.Fprintf(&lines, "%s/\n", name)
			return nil
		}
		text, err := os.ReadFile(filepath.Join(dir, name))
		fmt.Fprintf(&lines, "%s %s %d %x\n", name, info.Mode(), info.ModTime().Unix(), sha256.Sum256(text))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return lines.String()
}

// copied runs get or put and returns what it says it did.
func (w *world) copied(args ...string) (r transfer.Result) {
	w.Helper()
	out := w.baissh("", append(args, "--json")...)
	if err := json.Unmarshal([]byte(out), &r); err != nil {
		w.Fatalf("%v: %s", err, out)
	}
	return r
}

func TestAFolderThereAndBack(t *testing.T) {
	for server, program := range servers {
		t.Run(string(server), func(t *testing.T) {
			need(t, "ssh", program)
			w := newWorld(t, backendaitest.Options{SSH: server}, demoSpec)
			w.ready("bai-demo")
			mine, theirs := filepath.Join(w.home.Dir, "mine"), w.manager.Sessions()[0].Folder()
			manuscript(t, mine)
			want := listing(t, mine)
			if r := w.copied("put", mine, "bai-demo:", "--sums"); r.Files != 7 || r.Skipped != 0 || len(r.Left) > 0 {
				t.Errorf("put did %+v", r)
			}
			if got := listing(t, filepath.Join(theirs, "mine")); got != want {
				t.Errorf("in the session there is\n%s\nwant\n%s", got, want)
			}
			if r := w.copied("get", "demo:~/mine", filepath.Join(w.home.Dir, "back"), "--sums"); r.Files != 7 {
				t.Errorf("get did %+v", r)
			}
			if got := listing(t, filepath.Join(w.home.Dir, "back")); got != want {
				t.Errorf("back came\n%s\nwant\n%s", got, want)
			}
			if r := w.copied("put", mine, "bai-demo:"); r.Files != 0 || r.Skipped != 7 {
				t.Errorf("the second put did %+v", r)
			}
			if r := w.copied("get", "bai-demo:mine/*.sh", "bai-demo:mine/emp?y", w.home.Dir); r.Files != 2 {
				t.Errorf("get with patterns did %+v", r)
			}
		})
	}
}

// A link to a file is that file; one that leads nowhere or to a folder is left out, and said.
func TestLinksInASession(t *testing.T) {
	w := newWorld(t, backendaitest.Options{}, demoSpec)
	w.ready("bai-demo")
	tree := filepath.Join(w.manager.Sessions()[0].Folder(), "tree")
	manuscript(t, tree)
	for name, target := range map[string]string{"again": "run.sh", "loop": "..", "lost": "nowhere"} {
		if err := os.Symlink(target, filepath.Join(tree, name)); err != nil {
			t.Fatal(err)
		}
	}
	r := w.copied("get", "bai-demo:tree", w.home.Dir)
	if r.Files != 8 || len(r.Left) != 2 {
		t.Errorf("get did %+v, want 8 files and 2 links left out", r)
	}
	if got := w.text("tree", "again"); got == "" || got != w.text("tree", "run.sh") {
		t.Errorf("the link became %q", got)
	}
}

// The tunnel breaks in the middle, twice in each direction: what was there is gone on with.
func TestACopyOutlivesItsConnection(t *testing.T) {
	for _, kind := range []backendaitest.FaultKind{backendaitest.DropTunnel, backendaitest.ResetTunnel} {
		t.Run(string(kind), func(t *testing.T) {
			w := newWorld(t, backendaitest.Options{}, demoSpec)
			w.ready("bai-demo")
			sum := w.big("big", 24<<20)
			w.manager.Inject(backendaitest.Fault{At: backendaitest.Tunnel, Kind: kind, After: 20 << 10, Times: 2})
			if r := w.copied("put", filepath.Join(w.home.Dir, "big"), "bai-demo:"); r.Files != 1 {
				t.Errorf("put did %+v", r)
			}
			w.manager.Inject(backendaitest.Fault{At: backendaitest.Tunnel, Kind: kind, After: 9 << 20, Times: 2})
			if r := w.copied("get", "bai-demo:big", filepath.Join(w.home.Dir, "back"), "--sums"); r.Files != 1 {
				t.Errorf("get did %+v", r)
			}
			if got := sha256.Sum256([]byte(w.text("back"))); got != sum {
				t.Errorf("the sum is %x, want %x", got, sum)
			}
			if parts, _ := filepath.Glob(filepath.Join(w.home.Dir, ".*.part")); len(parts) > 0 {
				t.Errorf("there is still %q", parts)
			}
		})
	}
}

// A folder with a new name stays at it, though it is there when the connection is back.
func TestAFolderStaysWhereItBegan(t *testing.T) {
	w := newWorld(t, backendaitest.Options{}, demoSpec)
	w.ready("bai-demo")
	theirs, back := filepath.Join(w.manager.Sessions()[0].Folder(), "tree"), filepath.Join(w.home.Dir, "back")
	manuscript(t, theirs)
	w.big("big", 24<<20)
	if err := os.Rename(filepath.Join(w.home.Dir, "big"), filepath.Join(theirs, "big")); err != nil {
		t.Fatal(err)
	}
	w.manager.Inject(backendaitest.Fault{At: backendaitest.Tunnel, Kind: backendaitest.DropTunnel, After: 9 << 20, Times: 1})
	w.copied("get", "bai-demo:tree", back)
	if got, want := listing(t, back), listing(t, theirs); got != want {
		t.Errorf("back came\n%s\nwant\n%s", got, want)
	}
}

func TestWhatCannotBeCopiedIsSaid(t *testing.T) {
	w := newWorld(t, backendaitest.Options{}, demoSpec, backendaitest.SessionSpec{Name: "other"})
	w.ready("bai-demo")
	for want, args := range map[string][]string{
		"file does not exist":                         {"get", "bai-demo:nothing"},
		"no session has the alias, name or id nobody": {"get", "nobody:x"},
		`"x" is not in a session`:                     {"get", "x"},
		"all that is in demo: would be strewn":        {"get", "demo:"},
		"all that is in demo:x/.. would be strewn":    {"get", "demo:x/.."},
		"one session at a time":                       {"get", "demo:x", "other:y"},
		"give FILE... NAME:[PATH]":                    {"put", "x"},
		"no such file or directory":                   {"put", "/nowhere/x", "demo:"},
		"is no folder, and there are several":         {"put", w.home.SettingsFile(), w.config(), "demo:new"},
	} {
		var out, complaint bytes.Buffer
		args = append([]string{"--home", w.home.Dir}, args...)
		if code := run(t.Context(), args, nil, &out, &complaint); code == exitOK || !strings.Contains(complaint.String(), want) {
			t.Errorf("baissh %s: status %d, %q, want %q", strings.Join(args, " "), code, complaint.String(), want)
		}
	}
}

// A disk that is full is said in a sentence, not once for each file.
func TestManyFailuresAreOneSentence(t *testing.T) {
	var all error
	for _, word := range strings.Fields("one two three four five") {
		all = errors.Join(all, errors.New(word))
	}
	if got := severalError(flat(all)).Error(); got != "one; two; three; and 2 more" {
		t.Errorf("got %q", got)
	}
}

func TestACopyThatIsInterruptedSaysHowToGoOn(t *testing.T) {
	w := newWorld(t, backendaitest.Options{}, demoSpec)
	w.ready("bai-demo")
	w.big("big", 24<<20)
	w.manager.Inject(backendaitest.Fault{At: backendaitest.Tunnel, Kind: backendaitest.DropTunnel, After: 20 << 10, Times: 10})
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	var out, complaint bytes.Buffer
	if code := run(ctx, []string{"--home", w.home.Dir, "put", filepath.Join(w.home.Dir, "big"), "demo:"}, nil, &out, &complaint); code != exitFailed {
		t.Errorf("status %d", code)
	}
	for _, want := range []string{"error: the copy was interrupted\n", "hint: say the same again"} {
		if !strings.Contains(complaint.String(), want) {
			t.Errorf("it said %q, want %q", complaint.String(), want)
		}
	}
}

// there makes a file of bytes that do not compress in the session's folder.
func (w *world) there(name string, size int) []byte {
	w.Helper()
	w.big(name, size)
	here, there := filepath.Join(w.home.Dir, name), filepath.Join(w.manager.Sessions()[0].Folder(), name)
	if err := os.MkdirAll(filepath.Dir(there), 0o755); err != nil {
		w.Fatal(err)
	}
	text, err := os.ReadFile(here)
	if err != nil {
		w.Fatal(err)
	}
	if err := os.Rename(here, there); err != nil {
		w.Fatal(err)
	}
	return text
}

func (w *world) isThere(name string) bool {
	_, err := os.Stat(filepath.Join(w.manager.Sessions()[0].Folder(), name))
	return err == nil
}
