package sshconfig

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"baissh/proxy/state"
)

func TestFirstWriteMakesEverything(t *testing.T) {
	w := &Writer{Dir: newDir(t), Mode: Include}
	wantState(t, w.Write(t.Context(), []state.Entry{demo(w.Dir)}), "written", "")
	wantOption(t, sshG(t, w.Dir.Config(), "bai-demo"), "port", "22022")
	for path, mode := range map[string]os.FileMode{
		w.Dir.Path: 0o700, w.Dir.Bai(): 0o700, w.Dir.Keys(): 0o700,
		w.Dir.Config(): 0o600, w.Dir.BaiConfig(): 0o600, w.Dir.KnownHosts(): 0o600,
	} {
		wantMode(t, path, mode)
	}
	if exists(w.Dir.Backup()) || exists(w.Dir.candidate()) {
		t.Error("there is a backup of nothing, or a candidate is left")
	}
}

func TestEqualTextIsNotWritten(t *testing.T) {
	w := &Writer{Dir: newDir(t), Mode: Include}
	put(t, w.Dir.Config(), "Host mine\n")
	w.Write(t.Context(), []state.Entry{demo(w.Dir)})
	before := stamps(t, w.Dir.Path)
	asked := counting(w)
	w.writeUser = func(string, []byte, fs.FileMode) error { return errors.New("written again") }
	wantState(t, w.Write(t.Context(), []state.Entry{demo(w.Dir)}), "written", "")
	if after := stamps(t, w.Dir.Path); len(after) != len(before) {
		t.Errorf("files are %v, were %v", after, before)
	} else {
		for path, stamp := range before {
			if !after[path].Equal(stamp) {
				t.Errorf("%s was written again", path)
			}
		}
	}
	if *asked != 0 {
		t.Errorf("ssh was asked %d times about an equal text", *asked)
	}
}

// A held client must find its key before it finds its host.
func TestKnownHostsComeFirstAndTheIncludeLast(t *testing.T) {
	w := &Writer{Dir: newDir(t), Mode: Include, Programs: noSSH}
	var order []string
	w.writePrivate = func(path string, _ []byte) (bool, error) {
		order = append(order, filepath.Base(path))
		return true, nil
	}
	w.writeUser = func(path string, _ []byte, _ fs.FileMode) error {
		order = append(order, "the user's "+filepath.Base(path))
		return nil
	}
	w.Write(t.Context(), []state.Entry{demo(w.Dir)})
	if got := strings.Join(order, ", "); got != "known_hosts, config, the user's config, include-added" {
		t.Errorf("order is %s", got)
	}
}

func TestOffWritesNothing(t *testing.T) {
	w := &Writer{Dir: newDir(t), Mode: Off}
	wantState(t, w.Write(t.Context(), []state.Entry{demo(w.Dir)}), "off", "left alone")
	if exists(w.Dir.Path) {
		t.Error("off made the folder")
	}
}

func TestPrintLeavesTheUsersFile(t *testing.T) {
	for _, mode := range []Mode{Print, ""} {
		w := &Writer{Dir: newDir(t), Mode: mode, Programs: noSSH}
		put(t, w.Dir.Config(), "Host mine\n")
		got := w.Write(t.Context(), []state.Entry{demo(w.Dir)})
		wantState(t, got, "written", "does not include")
		line, _ := w.Dir.IncludeLine()
		if !strings.Contains(got.Hint+got.Reason, line) {
			t.Errorf("hint %q lacks the line to paste", got.Hint)
		}
		wantText(t, w.Dir.Config(), "Host mine\n")

		put(t, w.Dir.Config(), line+"\nHost mine\n")
		if got := w.Write(t.Context(), nil); strings.Contains(got.Reason, "include") {
			t.Errorf("reason is %q with the line there", got.Reason)
		}
	}
}

func TestNoSSHIsSaidAndWrittenAllTheSame(t *testing.T) {
	w := &Writer{Dir: newDir(t), Mode: Include, Programs: noSSH}
	wantState(t, w.Write(t.Context(), []state.Entry{demo(w.Dir)}), "written", "no ssh was found")
	if !exists(w.Dir.BaiConfig()) || !exists(w.Dir.Config()) {
		t.Error("nothing was written")
	}
}

func TestRefusedEntriesAreNamedOthersWritten(t *testing.T) {
	w := &Writer{Dir: newDir(t), Mode: Include}
	bad := state.Entry{Alias: "bai-bad", Port: 1, Account: "two words"}
	wantState(t, w.Write(t.Context(), []state.Entry{bad, demo(w.Dir)}), "written", `"bai-bad"`)
	wantText(t, w.Dir.BaiConfig(), render(t, w.Dir, demo(w.Dir)))
}

func TestFullDiskIsAStateAndLeavesTheOldFiles(t *testing.T) {
	full := &fs.PathError{Op: "write", Path: "f", Err: errors.New("no space left on device")}
	d := newDir(t)
	w := &Writer{Dir: d, Mode: Include}
	w.Write(t.Context(), []state.Entry{demo(d)})
	config, hosts := read(t, d.BaiConfig()), read(t, d.KnownHosts())

	w.writePrivate = func(string, []byte) (bool, error) { return false, full }
	other := demo(d)
	other.Port = 22099
	got := w.Write(t.Context(), []state.Entry{other})
	wantState(t, got, "failed", "no space left")
	if got.Hint == "" {
		t.Error("no way out is given")
	}
	wantText(t, d.BaiConfig(), config)
	wantText(t, d.KnownHosts(), hosts)
	if !w.Pins("bai-demo", other.HostKey) {
		t.Error("the pinned key is gone")
	}
}

func TestFullDiskForTheUsersFile(t *testing.T) {
	w := &Writer{Dir: newDir(t), Mode: Include}
	put(t, w.Dir.Config(), "Host mine\n")
	w.writeUser = func(string, []byte, fs.FileMode) error { return errors.New("no space left on device") }
	wantState(t, w.Write(t.Context(), nil), "failed", "no space left")
	wantText(t, w.Dir.Config(), "Host mine\n")

	w.writeUser = nil // a line that never was in is not one the user took out
	wantState(t, w.Write(t.Context(), nil), "written", "")
	if !HasInclude([]byte(read(t, w.Dir.Config())), w.Dir) {
		t.Error("the line is not in after the disk had room again")
	}
}

func TestSomethingElseWhereOurFolderBelongs(t *testing.T) {
	w := &Writer{Dir: newDir(t), Mode: Include, Programs: noSSH}
	put(t, w.Dir.Bai(), "a file")
	wantState(t, w.Write(t.Context(), nil), "failed", "bai")
	wantText(t, w.Dir.Bai(), "a file")
}

func TestMethodsMayRunAtTheSameTime(t *testing.T) {
	w := &Writer{Dir: newDir(t), Mode: Include}
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() { w.Write(t.Context(), []state.Entry{demo(w.Dir)}) })
		all.Go(func() { _ = w.Pins("bai-demo", rsaKey()) })
		all.Go(func() { _, _ = w.WriteKey("bai-demo", []byte("key")) })
		all.Go(func() {
			files, _ := w.KeyFiles()
			_ = w.RemoveKeys(files, map[string]bool{"bai-demo": true})
		})
		all.Go(func() { _ = w.Consent() })
	}
	all.Wait()
	wantState(t, w.Write(t.Context(), []state.Entry{demo(w.Dir)}), "written", "")
	wantOption(t, sshG(t, w.Dir.Config(), "bai-demo"), "port", "22022")
}

func TestPreviewShowsEveryChangeAndMakesNone(t *testing.T) {
	w := &Writer{Dir: newDir(t), Mode: Include, Programs: noSSH}
	put(t, w.Dir.Config(), "Host mine\n")
	changes, err := w.Preview(t.Context(), []state.Entry{demo(w.Dir)})
	if err != nil || len(changes) != 3 || exists(w.Dir.Bai()) {
		t.Fatalf("Preview = %d changes, %v; want 3 and no folder", len(changes), err)
	}
	w.Write(t.Context(), []state.Entry{demo(w.Dir)})
	for _, c := range changes {
		wantText(t, c.Path, string(c.New))
	}
	if changes, err := w.Preview(t.Context(), []state.Entry{demo(w.Dir)}); len(changes) != 0 || err != nil {
		t.Errorf("Preview after Write = %v, %v; want nothing", changes, err)
	}
	w.Mode = Off
	if changes, err := w.Preview(t.Context(), nil); len(changes) != 0 || err != nil {
		t.Errorf("Preview when off = %v, %v; want nothing", changes, err)
	}
}

func wantState(t *testing.T, got state.Writer, word, reason string) {
	t.Helper()
	if got.Name != WriterName || got.State != word || !strings.Contains(got.Reason, reason) || (reason == "" && got.Reason != "") {
		t.Errorf("Write = %+v, want state %s and a reason with %q", got, word, reason)
	}
}

// stamps are when each file below dir was written last.
func stamps(t *testing.T, dir string) map[string]time.Time {
	t.Helper()
	times := map[string]time.Time{}
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := e.Info()
		if err == nil {
			times[path] = info.ModTime()
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return times
}
