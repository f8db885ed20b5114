package filezilla

import (
	"errors"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"baissh/proxy/state"

	"golang.org/x/crypto/ssh"
)

// onlyWithPuttyFile skips where PuTTY's store is not a file of the test's own.
func onlyWithPuttyFile(t *testing.T) {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("PuTTY's store is the registry, which is this machine's own")
	}
}

func TestNothingIsMadeWithoutFileZilla(t *testing.T) {
	w := newWriter(t, "3.63.0")
	w.Program = func() string { return "" }
	wantState(t, w.Write(t.Context(), []state.Entry{one}), "off", "FileZilla is not installed here")
	if changes, err := w.Preview(t.Context(), []state.Entry{one}); len(changes) != 0 || err != nil {
		t.Errorf("Preview = %v, %v", changes, err)
	}
	if err := w.Undo(t.Context()); err != nil {
		t.Error(err)
	}
	if files := tree(t, w.Home); len(files) != 0 {
		t.Errorf("there is %v", files)
	}
}

func TestOffAndNoSessionsMakeNothing(t *testing.T) {
	w := newWriter(t, "3.63.0")
	wantState(t, w.Write(t.Context(), nil), "written", "")
	w.Off = true
	wantState(t, w.Write(t.Context(), []state.Entry{one}), "off", "")
	if files := tree(t, w.Home); len(files) != 0 {
		t.Errorf("there is %v", files)
	}
}

func TestFirstWriteAndUndo(t *testing.T) {
	onlyWithPuttyFile(t)
	rsa := pins([]state.Entry{one})[0]
	for version, want := range map[string]struct{ putty, own bool }{
		"3.63.0-1": {true, false}, "3.71.0": {false, true}, "": {true, true},
	} {
		w := newWriter(t, version)
		wantState(t, w.Write(t.Context(), []state.Entry{one}), "written", "")
		wantText(t, w.file(sitesFile), splice(t, "", one))
		if got := content(t, w.puttyStore()) == rsa.line()+"\n"; got != want.putty {
			t.Errorf("%s: PuTTY's store is %q", version, content(t, w.puttyStore()))
		}
		if got := strings.Contains(content(t, w.file(keysFile)), rsa.Blob); got != want.own {
			t.Errorf("%s: hostkeys.xml is %q", version, content(t, w.file(keysFile)))
		}
		if info, err := os.Stat(w.file(sitesFile)); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: sitemanager.xml is %v, %v", version, info, err)
		}
		if err := w.Undo(t.Context()); err != nil {
			t.Error(err)
		}
		if files := tree(t, w.Home); len(files) != 0 || exists(w.settingsDir()) || exists(filepath.Dir(w.puttyStore())) {
			t.Errorf("%s: after Undo there is %v", version, files)
		}
	}
}

func TestUndoLeavesTheUsersFilesAsTheyWere(t *testing.T) {
	onlyWithPuttyFile(t)
	w := ran(t, "3.63.0")
	put(t, w.file(sitesFile), "\ufeff<FileZilla3>\r\n\t<Servers />\r\n</FileZilla3>")
	put(t, w.file(keysFile), `<FileZilla3 version="3.71.0" />`)
	put(t, filepath.Join(w.Home, ".putty", "sshhostkeys"), "rsa2@22:example.org 0x10001,0xff")
	put(t, w.file("lockfile"), "")
	before := tree(t, w.Home)
	wantState(t, w.Write(t.Context(), []state.Entry{one, demo("bai-two", 22023)}), "written", "")
	wantState(t, w.Write(t.Context(), []state.Entry{demo("bai-two", 22024)}), "written", "")
	if err := w.Undo(t.Context()); err != nil {
		t.Fatal(err)
	}
	if after := tree(t, w.Home); !maps.Equal(before, after) {
		t.Errorf("after Undo there is\n%q, was\n%q", after, before)
	}
}

func TestEqualTextIsNotWritten(t *testing.T) {
	onlyWithPuttyFile(t)
	w := newWriter(t, "")
	w.Write(t.Context(), []state.Entry{one})
	old := time.Now().Add(-time.Hour)
	for path := range tree(t, w.Home) {
		if err := os.Chtimes(path, old, old); err != nil {
			t.Fatal(err)
		}
	}
	wantState(t, w.Write(t.Context(), []state.Entry{one}), "written", "")
	for path := range tree(t, w.Home) {
		if info, err := os.Stat(path); err != nil || time.Since(info.ModTime()) < time.Minute {
			t.Errorf("%s was written again", path)
		}
	}
}

// The port is the same, the container and its key are new.
func TestAnotherKeyOnAPortReplacesTheOld(t *testing.T) {
	onlyWithPuttyFile(t)
	w := newWriter(t, "")
	w.Write(t.Context(), []state.Entry{one})
	next := one
	next.HostKey = hostKey(ssh.KeyAlgoED25519)
	wantState(t, w.Write(t.Context(), []state.Entry{next}), "written", "")
	want := pins([]state.Entry{next})
	wantText(t, w.puttyStore(), want[0].line()+"\n")
	wantText(t, w.file(keysFile), string(newHostKeys(want)))
}

// An older FileZilla takes PuTTY's keys over when it is upgraded, if there is
// no hostkeys.xml.
func TestUpgradeOfFileZilla(t *testing.T) {
	onlyWithPuttyFile(t)
	w := newWriter(t, "")
	w.Write(t.Context(), []state.Entry{one})
	version := func(v string) {
		put(t, w.file("filezilla.xml"), `<FileZilla3 version="`+v+`"/>`)
		wantState(t, w.Write(t.Context(), []state.Entry{one}), "written", "")
	}
	version("3.63.0")
	if exists(w.file(keysFile)) {
		t.Error("a hostkeys.xml of ours alone stays for a FileZilla that is older than it")
	}
	version("3.71.0")
	if !exists(w.file(keysFile)) || exists(w.puttyStore()) {
		t.Errorf("after the upgrade there is %v", tree(t, w.Home))
	}
}

func TestKeysOfOthersOnOurPortStay(t *testing.T) {
	onlyWithPuttyFile(t)
	w := ran(t, "3.63.0")
	w.Write(t.Context(), []state.Entry{one})
	theirs := pins([]state.Entry{one})[0].Name + " 0x3,0xabc\n" // FileZilla asked, the user said yes
	put(t, w.puttyStore(), theirs)
	wantState(t, w.Write(t.Context(), nil), "written", "")
	wantText(t, w.puttyStore(), theirs)
}

func TestModeAndLinkAreKept(t *testing.T) {
	onlyWithPuttyFile(t)
	w := ran(t, "3.63.0")
	target := put(t, filepath.Join(w.Home, "dotfiles", "sites.xml"), "<FileZilla3/>")
	if err := errors.Join(os.Chmod(target, 0o640), os.Symlink(target, w.file(sitesFile))); err != nil {
		t.Fatal(err)
	}
	wantState(t, w.Write(t.Context(), []state.Entry{one}), "written", "")
	wantText(t, target, splice(t, "<FileZilla3/>", one))
	info, err := os.Stat(target)
	if err != nil || info.Mode().Perm() != 0o640 {
		t.Errorf("the file is %v, %v", info, err)
	}
	if info, err := os.Lstat(w.file(sitesFile)); err != nil || info.Mode()&fs.ModeSymlink == 0 {
		t.Errorf("the link is %v, %v", info, err)
	}
	if err := w.Undo(t.Context()); err != nil {
		t.Fatal(err)
	}
	wantText(t, target, "<FileZilla3/>")
}

func TestEmptyFileBehindALink(t *testing.T) {
	onlyWithPuttyFile(t)
	w := ran(t, "3.63.0")
	target := put(t, filepath.Join(w.Home, "dotfiles", "sites.xml"), "")
	if err := os.Symlink(target, w.file(sitesFile)); err != nil {
		t.Fatal(err)
	}
	w.Write(t.Context(), []state.Entry{one})
	for range 2 {
		wantState(t, w.Write(t.Context(), nil), "written", "")
		wantText(t, target, "<FileZilla3>\n</FileZilla3>\n")
	}
}

func TestDamagedFilesAreLeftAlone(t *testing.T) {
	onlyWithPuttyFile(t)
	for name, file := range map[string]string{"sites": sitesFile, "keys": keysFile} {
		w := ran(t, "3.71.0")
		put(t, w.file(file), "<FileZilla3><Ser")
		wantState(t, w.Write(t.Context(), []state.Entry{one}), "failed", "not well-formed")
		wantText(t, w.file(file), "<FileZilla3><Ser")
		if err := w.Undo(t.Context()); err == nil {
			t.Errorf("%s: Undo says nothing", name)
		}
		// FileZilla was stopped there and will take its copy.
		put(t, w.file(file)+"~", "<FileZilla3/>")
		wantState(t, w.Write(t.Context(), []state.Entry{one}), "waiting", "was stopped while it wrote")
		wantText(t, w.file(file), "<FileZilla3><Ser")
		if err := os.Remove(w.file(file)); err != nil {
			t.Fatal(err)
		}
		wantState(t, w.Write(t.Context(), []state.Entry{one}), "waiting", "was stopped while it wrote")
	}
}

func TestRefusedAndTakenAreNamedOthersWritten(t *testing.T) {
	onlyWithPuttyFile(t)
	w := ran(t, "3.63.0")
	put(t, w.file(sitesFile), "<FileZilla3><Servers><Folder>Backend.AI<Server><Name>bai-two</Name></Server></Folder></Servers></FileZilla3>")
	got := w.Write(t.Context(), []state.Entry{one, demo("bai-two", 22023), {Alias: "Bad", HostKey: one.HostKey}})
	wantState(t, got, "written", `leave out "Bad"`)
	if !strings.Contains(got.Reason, `leave out "bai-two"`) || !strings.Contains(got.Hint, "another name") {
		t.Errorf("Write = %+v", got)
	}
	if !strings.Contains(content(t, w.file(sitesFile)), marker("bai-demo")) {
		t.Error("the good one was not written")
	}
}

func TestUnwritableFolderIsAState(t *testing.T) {
	onlyWithPuttyFile(t)
	w := newWriter(t, "3.63.0")
	put(t, filepath.Join(w.Home, ".config"), "a file")
	got := w.Write(t.Context(), []state.Entry{one})
	wantState(t, got, "failed", ".config")
	if got.Hint == "" {
		t.Error("no way out is given")
	}
}

func TestPreviewShowsEveryChangeAndMakesNone(t *testing.T) {
	onlyWithPuttyFile(t)
	w := newWriter(t, "")
	changes, err := w.Preview(t.Context(), []state.Entry{one})
	if err != nil || len(changes) != 3 || len(tree(t, w.Home)) != 0 {
		t.Fatalf("Preview = %d changes, %v; and there is %v", len(changes), err, tree(t, w.Home))
	}
	w.Write(t.Context(), []state.Entry{one})
	for _, c := range changes {
		wantText(t, c.Path, string(c.New))
	}
	if changes, err := w.Preview(t.Context(), []state.Entry{one}); len(changes) != 0 || err != nil {
		t.Errorf("Preview after Write = %v, %v; want nothing", changes, err)
	}
	if _, err := w.Preview(t.Context(), []state.Entry{{Alias: "Bad", HostKey: one.HostKey}}); !errors.As(err, new(state.Refusals)) {
		t.Errorf("Preview of a bad entry: %v", err)
	}
}

func TestMethodsMayRunAtTheSameTime(t *testing.T) {
	onlyWithPuttyFile(t)
	w := newWriter(t, "")
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() { w.Write(t.Context(), []state.Entry{one}) })
		all.Go(func() { _, _ = w.Preview(t.Context(), nil) })
		all.Go(func() { _ = w.Undo(t.Context()) })
		all.Go(func() { _ = managerUp(w.settingsDir()) })
	}
	all.Wait()
	wantState(t, w.Write(t.Context(), []state.Entry{one}), "written", "")
	wantText(t, w.file(sitesFile), splice(t, "", one))
}
