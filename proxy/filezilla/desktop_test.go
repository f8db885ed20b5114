//go:build desktop && linux

// These ask the FileZilla that is installed here, on a display of their own:
//
//	go test -tags desktop ./proxy/filezilla
package filezilla

import (
	"context"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"baissh/proxy/state"
	"baissh/proxy/xvfb"

	"golang.org/x/crypto/ssh"
)

// A desktop is a display with a home that has nothing in it.
type desktop struct {
	*xvfb.Display
	w *Writer
}

func newDesktop(t *testing.T) *desktop {
	t.Helper()
	home := t.TempDir()
	config := filepath.Join(home, "config")
	d := &desktop{w: &Writer{Home: home, Memory: filepath.Join(home, "memory.json")}}
	d.w.Getenv = func(name string) string {
		if name == "XDG_CONFIG_HOME" {
			return config
		}
		return ""
	}
	d.Display = xvfb.New(t, "HOME="+home, "XDG_CONFIG_HOME="+config)
	return d
}

func (d *desktop) filezilla(args ...string) (end func()) {
	d.Helper()
	return d.Start("filezilla", args...)
}

// greeted makes FileZilla one that has run here before, so that it does not
// show its greeting. It leaves the rest of its settings to it.
func (d *desktop) greeted() {
	put(d.T, d.w.file("filezilla.xml"), `<?xml version="1.0"?><FileZilla3 version="3.63.0" platform="*nix"><Settings>`+
		`<Setting name="Greeting version">9.9.9</Setting></Settings></FileZilla3>`)
}

func (d *desktop) entry(s *server, alias string) state.Entry {
	return state.Entry{Alias: alias, Port: s.port, Account: "work", IdentityFile: s.keyFile, HostKey: s.hostKey}
}

func TestFileZillaConnectsWithoutADialog(t *testing.T) {
	d := newDesktop(t)
	s := newServer(t, ssh.KeyAlgoRSA)
	d.greeted()
	wantState(t, d.w.Write(t.Context(), []state.Entry{d.entry(s, "bai-demo")}), "written", "")
	d.filezilla("-c", "0/Backend.AI/bai-demo")
	s.waitFor(t, d, "list /")
	d.Until("the listing", func() bool { return strings.Contains(strings.Join(d.Windows(), "\n"), "bai-demo") })
	d.Shot("filezilla-connected")
	if titles := d.Windows(); len(titles) != 1 {
		t.Errorf("there are the windows %q, want FileZilla's alone", titles)
	}
	if got := s.events(); !strings.Contains(got, "log in work "+s.fingerprint+"\n") || strings.Contains(got, "password") {
		t.Errorf("the server saw\n%s\nwant a log-in with %s", got, s.fingerprint)
	}
}

// Its first start ever: nothing of FileZilla's is there but what we made.
func TestFileZillaThatNeverRan(t *testing.T) {
	d := newDesktop(t)
	s := newServer(t, ssh.KeyAlgoRSA)
	wantState(t, d.w.Write(t.Context(), []state.Entry{d.entry(s, "bai-demo")}), "written", "")
	if exists(d.w.file(keysFile)) {
		t.Error("there is a hostkeys.xml for the installed FileZilla, which is older")
	}
	d.filezilla("-c", "0/Backend.AI/bai-demo")
	s.waitFor(t, d, "list /")
	d.Shot("filezilla-first-start")
}

// The port is used again by a container with another key.
func TestFileZillaAfterTheKeyChanged(t *testing.T) {
	d := newDesktop(t)
	s := newServer(t, ssh.KeyAlgoRSA)
	d.greeted()
	before := d.entry(s, "bai-demo")
	before.HostKey = hostKey(ssh.KeyAlgoRSA)
	d.w.Write(t.Context(), []state.Entry{before})
	wantState(t, d.w.Write(t.Context(), []state.Entry{d.entry(s, "bai-demo")}), "written", "")
	d.filezilla("-c", "0/Backend.AI/bai-demo")
	s.waitFor(t, d, "list /")
}

const foreignSites = `<?xml version="1.0" encoding="UTF-8"?>
<FileZilla3 version="3.63.0" platform="*nix">
	<Servers>
		<Server>
			<Host>example.org</Host>
			<Port>21</Port>
			<Protocol>0</Protocol>
			<Logontype>0</Logontype>
			<Name>서버 of mine</Name>
			<Comments>keep me</Comments>
		</Server>
	</Servers>
</FileZilla3>
`

func TestSiteManagerOpenWhileWeWrite(t *testing.T) {
	d := newDesktop(t)
	s := newServer(t, ssh.KeyAlgoRSA)
	d.greeted()
	put(t, d.w.file(sitesFile), foreignSites)
	entries := []state.Entry{d.entry(s, "bai-demo")}
	told := watching(t, d.w)

	end := d.filezilla("-s")
	d.Until("the Site Manager", func() bool { return managerUp(d.w.settingsDir()) })
	wantState(t, d.w.Write(t.Context(), entries), "waiting", "Site Manager is open")
	wantText(t, d.w.file(sitesFile), foreignSites)
	d.pressOK("site-manager-waiting")
	wantTold(t, told, "the Site Manager's end")
	wantState(t, d.w.Write(t.Context(), entries), "written", "")
	d.wantSites("서버 of mine", "keep me", marker("bai-demo"))

	end()

	// Once more, with OK, so that FileZilla writes ours in its own way.
	d.filezilla("-s")
	d.Until("the Site Manager", func() bool { return managerUp(d.w.settingsDir()) })
	d.pressOK("site-manager-with-ours")
	d.wantSites("서버 of mine", "keep me", marker("bai-demo"))
	asFileZilla := content(t, d.w.file(sitesFile))
	if strings.Contains(asFileZilla, noteMade) {
		t.Error("FileZilla has not written the file")
	}
	wantState(t, d.w.Write(t.Context(), entries), "written", "")
	wantText(t, d.w.file(sitesFile), asFileZilla)

	if err := d.w.Undo(t.Context()); err != nil {
		t.Fatal(err)
	}
	d.wantSites("서버 of mine", "keep me")
	if text := content(t, d.w.file(sitesFile)); strings.Contains(text, FolderName) || strings.Contains(text, "baissh") {
		t.Errorf("after Undo there is %s", text)
	}
}

func (d *desktop) pressOK(name string) {
	d.Helper()
	var id string
	d.Until("the Site Manager's window", func() bool {
		id = d.Window("^Site Manager$")
		return id != ""
	})
	d.Do("windowraise", id, "windowfocus", "--sync", id, "key", "--clearmodifiers", "End")
	d.Shot("filezilla-" + name)
	d.Until("the end of the Site Manager", func() bool {
		d.Do("windowfocus", id, "key", "--clearmodifiers", "alt+o")
		return !managerUp(d.w.settingsDir())
	})
}

func (d *desktop) wantSites(words ...string) {
	d.Helper()
	text := content(d.T, d.w.file(sitesFile))
	for _, word := range words {
		if !strings.Contains(text, word) {
			d.Errorf("sitemanager.xml lacks %q:\n%s", word, text)
		}
	}
}

// fzsftp is the part of FileZilla that looks at host keys. It needs no display.
func TestEveryKindOfHostKeyIsKnownToFileZilla(t *testing.T) {
	for kind := range signers() {
		s := newServer(t, kind)
		w := ran(t, "3.63.0")
		w.Write(t.Context(), []state.Entry{{Alias: "bai-demo", Port: s.port, Account: "work", HostKey: s.hostKey}})
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		cmd := exec.CommandContext(ctx, "fzsftp", "-v")
		cmd.Env = []string{"HOME=" + w.Home}
		in, err := cmd.StdinPipe()
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(in, "-0-\n-1-\nkeyfile \"%s\"\nopen \"work@127.0.0.1\" %d\n", s.keyFile, s.port)
		go func() { s.await("log in"); in.Close() }()
		out, _ := cmd.Output()
		cancel()
		if !strings.Contains(string(out), "Connected to") {
			t.Errorf("%s: fzsftp says\n%s", kind, out)
		}
	}
}
