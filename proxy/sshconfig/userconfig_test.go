package sshconfig

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"baissh/proxy/state"
)

func TestUsersFileKeepsItsModeLinkAndBytes(t *testing.T) {
	w := &Writer{Dir: newDir(t), Mode: Include}
	real := put(t, filepath.Join(t.TempDir(), "dotfiles", "ssh"), "Host mine\r\n  Port 1")
	if err := os.Chmod(real, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(w.Dir.Path, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(real, w.Dir.Config()); err != nil {
		t.Skipf("needs symbolic links: %v", err)
	}
	wantState(t, w.Write(t.Context(), []state.Entry{demo(w.Dir)}), "written", "")

	line, _ := w.Dir.IncludeLine()
	wantText(t, real, beginMark+"\r\n"+line+"\r\n"+endMark+"\r\nHost mine\r\n  Port 1")
	wantMode(t, real, 0o644)
	wantMode(t, w.Dir.Path, 0o755)
	wantText(t, w.Dir.Backup(), "Host mine\r\n  Port 1")
	wantMode(t, w.Dir.Backup(), 0o644)
	if info, err := os.Lstat(w.Dir.Config()); err != nil || info.Mode()&fs.ModeSymlink == 0 {
		t.Errorf("the link is gone (%v)", err)
	}
}

func TestBackupIsNeverOverwritten(t *testing.T) {
	w := &Writer{Dir: newDir(t), Mode: Include, Programs: noSSH}
	put(t, w.Dir.Config(), "Host second\n")
	put(t, w.Dir.Backup(), "Host first\n")
	w.Write(t.Context(), nil)
	wantText(t, w.Dir.Backup(), "Host first\n")
}

func TestNoBackupNoChange(t *testing.T) {
	w := &Writer{Dir: newDir(t), Mode: Include, Programs: noSSH}
	put(t, w.Dir.Config(), "Host mine\n")
	if err := os.Mkdir(w.Dir.Backup(), 0o700); err != nil { // something is there: not ours to replace
		t.Fatal(err)
	}
	w.Write(t.Context(), nil)
	if !exists(w.Dir.Backup()) {
		t.Error("what stood in the backup's place is gone")
	}
}

func TestRemovedLineStaysRemovedUntilConsent(t *testing.T) {
	d := newDir(t)
	put(t, d.Config(), "Host mine\n")
	(&Writer{Dir: d, Mode: Include}).Write(t.Context(), []state.Entry{demo(d)})
	put(t, d.Config(), "Host mine\nHost new\n")

	w := &Writer{Dir: d, Mode: Include} // another process, later
	for range 2 {
		got := w.Write(t.Context(), []state.Entry{demo(d)})
		wantState(t, got, "written", "taken out")
		if line, _ := d.IncludeLine(); !strings.HasSuffix(got.Hint, line) {
			t.Errorf("hint %q lacks the line to paste", got.Hint)
		}
		wantText(t, d.Config(), "Host mine\nHost new\n")
	}
	if err := w.Consent(); err != nil {
		t.Fatal(err)
	}
	wantState(t, w.Write(t.Context(), []state.Entry{demo(d)}), "written", "")
	wantOption(t, sshG(t, d.Config(), "bai-demo"), "port", "22022")
}

func TestRemovedFileStaysRemoved(t *testing.T) {
	w := &Writer{Dir: newDir(t), Mode: Include, Programs: noSSH}
	w.Write(t.Context(), nil)
	if err := os.Remove(w.Dir.Config()); err != nil {
		t.Fatal(err)
	}
	wantState(t, w.Write(t.Context(), nil), "written", "taken out")
	if exists(w.Dir.Config()) {
		t.Error("the file is back")
	}
}

func TestConsentBeforeAnythingIsFine(t *testing.T) {
	if err := (&Writer{Dir: newDir(t)}).Consent(); err != nil {
		t.Errorf("Consent = %v, want nil", err)
	}
}

func TestLinePastedByHandIsEnough(t *testing.T) {
	w := &Writer{Dir: newDir(t), Mode: Include}
	line, _ := w.Dir.IncludeLine()
	text := "# mine\n" + line + "\nHost mine\n"
	put(t, w.Dir.Config(), text)
	wantState(t, w.Write(t.Context(), []state.Entry{demo(w.Dir)}), "written", "")
	wantText(t, w.Dir.Config(), text)
	put(t, w.Dir.Config(), "Host mine\n") // and out again, by the same hand
	wantState(t, w.Write(t.Context(), []state.Entry{demo(w.Dir)}), "written", "taken out")
	wantText(t, w.Dir.Config(), "Host mine\n")
}

func TestFileThatCannotBeChangedIsLeftAndSaid(t *testing.T) {
	for text, reason := range map[string]string{
		"\xef\xbb\xbfHost a\n":       "byte order mark",
		"\xff\xfeH\x00":              "UTF-16",
		"Host a\x00\n":               "NUL",
		beginMark + "\nHost a\n":     "edited",
		ourBlock + ourBlock:          "edited",
		"Host a\nNoSuchOption yes\n": "cannot read its own config file",
	} {
		w := &Writer{Dir: newDir(t), Mode: Include}
		put(t, w.Dir.Config(), text)
		got := w.Write(t.Context(), []state.Entry{demo(w.Dir)})
		wantState(t, got, "failed", reason)
		line, _ := w.Dir.IncludeLine()
		if !strings.HasSuffix(got.Hint, line) {
			t.Errorf("%q: hint %q lacks the line to paste", text, got.Hint)
		}
		wantText(t, w.Dir.Config(), text)
		wantText(t, w.Dir.BaiConfig(), render(t, w.Dir, demo(w.Dir))) // ssh -F works
		if exists(w.Dir.Backup()) {
			t.Errorf("%q: there is a backup of a file that was not changed", text)
		}
	}
}

// An editor may save while ssh is asked.
func TestEditOfTheSameMomentIsNotLost(t *testing.T) {
	w := &Writer{Dir: newDir(t), Mode: Include}
	put(t, w.Dir.Config(), "Host mine\n")
	w.writePrivate = func(path string, text []byte) (bool, error) {
		if path == w.Dir.candidate() && strings.Contains(string(text), beginMark) {
			put(t, w.Dir.Config(), "Host mine\nHost saved-just-now\n")
		}
		put(t, path, string(text))
		return true, nil
	}
	w.Programs = func() []string { return sshPrograms() }
	wantState(t, w.Write(t.Context(), nil), "failed", "saved by somebody else")
	wantText(t, w.Dir.Config(), "Host mine\nHost saved-just-now\n")
	wantState(t, (&Writer{Dir: w.Dir, Mode: Include}).Write(t.Context(), nil), "written", "")
	if text := read(t, w.Dir.Config()); !strings.HasSuffix(text, "Host mine\nHost saved-just-now\n") {
		t.Errorf("config is %q afterwards", text)
	}
}

func TestConfigThatIsAFolder(t *testing.T) {
	w := &Writer{Dir: newDir(t), Mode: Include, Programs: noSSH}
	if err := os.MkdirAll(w.Dir.Config(), 0o700); err != nil {
		t.Fatal(err)
	}
	wantState(t, w.Write(t.Context(), nil), "failed", "not a regular file")
}

func TestUndoTakesOutWhatIsOurs(t *testing.T) {
	w := &Writer{Dir: newDir(t), Mode: Include}
	put(t, w.Dir.Config(), "Host mine\n")
	w.Write(t.Context(), []state.Entry{demo(w.Dir)})
	if _, err := w.WriteKey("bai-demo", []byte("key")); err != nil {
		t.Fatal(err)
	}
	put(t, w.Dir.Config(), "# later\n"+read(t, w.Dir.Config())+"Host later\n")

	if err := w.Undo(t.Context()); err != nil {
		t.Fatal(err)
	}
	wantText(t, w.Dir.Config(), "# later\nHost mine\nHost later\n")
	wantText(t, w.Dir.Backup(), "Host mine\n")
	if exists(w.Dir.Bai()) {
		t.Error("our folder is still there")
	}
	if err := w.Undo(t.Context()); err != nil {
		t.Errorf("Undo twice = %v, want nil", err)
	}
}

func TestUndoRemovesTheFileThatWeMade(t *testing.T) {
	w := &Writer{Dir: newDir(t), Mode: Include, Programs: noSSH}
	w.Write(t.Context(), nil)
	if err := w.Undo(t.Context()); err != nil || exists(w.Dir.Config()) {
		t.Errorf("Undo = %v, config there: %v", err, exists(w.Dir.Config()))
	}
}

func TestUndoKeepsAnEmptyFileOfTheUsers(t *testing.T) {
	w := &Writer{Dir: newDir(t), Mode: Include, Programs: noSSH}
	put(t, w.Dir.Config(), "")
	w.Write(t.Context(), nil)
	if err := w.Undo(t.Context()); err != nil {
		t.Fatal(err)
	}
	wantText(t, w.Dir.Config(), "")
}

func TestUndoLeavesForeignFilesAndDamagedBlocks(t *testing.T) {
	w := &Writer{Dir: newDir(t), Mode: Include, Programs: noSSH}
	w.Write(t.Context(), nil)
	text := beginMark + "\nHost a\n"
	put(t, w.Dir.Config(), text)
	notes := put(t, filepath.Join(w.Dir.Bai(), "notes"), "mine")
	err := w.Undo(t.Context())
	if err == nil || !strings.Contains(err.Error(), "edited") {
		t.Errorf("Undo of a damaged block = %v, want it said", err)
	}
	wantText(t, w.Dir.Config(), text)
	wantText(t, notes, "mine")
	if exists(w.Dir.BaiConfig()) || exists(w.Dir.KnownHosts()) {
		t.Error("our files are still there")
	}
}

func TestUndoOnAFullDiskLeavesTheUsersFile(t *testing.T) {
	w := &Writer{Dir: newDir(t), Mode: Include, Programs: noSSH}
	put(t, w.Dir.Config(), "Host mine\n")
	w.Write(t.Context(), nil)
	before := read(t, w.Dir.Config())
	full := errors.New("no space left on device")
	w.writeUser = func(string, []byte, fs.FileMode) error { return full }
	if err := w.Undo(t.Context()); !errors.Is(err, full) {
		t.Errorf("Undo = %v, want %v", err, full)
	}
	wantText(t, w.Dir.Config(), before)
}
