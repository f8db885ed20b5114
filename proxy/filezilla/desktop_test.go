//go:build desktop && linux

// These ask the FileZilla that is installed here, on a display of their own:
//
//	go test -tags desktop ./proxy/filezilla
package filezilla

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"
)

// A desktop is an X server that nobody sees, and a home with nothing in it.
type desktop struct {
	*testing.T
	display string
	w       *Writer
}

func newDesktop(t *testing.T) *desktop {
	t.Helper()
	for _, program := range []string{"filezilla", "Xvfb", "xdotool", "import"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Skip("needs " + program)
		}
	}
	home := t.TempDir()
	config := filepath.Join(home, "config")
	d := &desktop{T: t, w: &Writer{Home: home, Memory: filepath.Join(home, "memory.json")}}
	d.w.Getenv = func(name string) string {
		if name == "XDG_CONFIG_HOME" {
			return config
		}
		return ""
	}
	d.startDisplay()
	return d
}

func (d *desktop) startDisplay() {
	d.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		d.Fatal(err)
	}
	cmd := exec.Command("Xvfb", "-displayfd", "3", "-screen", "0", "1280x900x24", "-nolisten", "tcp")
	cmd.ExtraFiles = []*os.File{w}
	d.run(cmd)
	w.Close()
	number, err := bufio.NewReader(r).ReadString('\n')
	if err != nil {
		d.Fatal("Xvfb does not start: ", err)
	}
	d.display = ":" + strings.TrimSpace(number)
}

// run starts a program that ends with the test, or with end.
func (d *desktop) run(cmd *exec.Cmd) (end func()) {
	d.Helper()
	if err := cmd.Start(); err != nil {
		d.Fatal(err)
	}
	end = sync.OnceFunc(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	d.Cleanup(end)
	return end
}

func (d *desktop) env() []string {
	return append(os.Environ(), "DISPLAY="+d.display, "HOME="+d.w.Home,
		"XDG_CONFIG_HOME="+d.w.getenv("XDG_CONFIG_HOME"), "SSH_AUTH_SOCK=", "LC_ALL=C.UTF-8")
}

func (d *desktop) filezilla(args ...string) (end func()) {
	d.Helper()
	cmd := exec.Command("filezilla", args...)
	cmd.Env = d.env()
	return d.run(cmd)
}

// greeted makes FileZilla one that has run here before, so that it does not
// show its greeting. It leaves the rest of its settings to it.
func (d *desktop) greeted() {
	put(d.T, d.w.file("filezilla.xml"), `<?xml version="1.0"?><FileZilla3 version="3.63.0" platform="*nix"><Settings>`+
		`<Setting name="Greeting version">9.9.9</Setting></Settings></FileZilla3>`)
}

func (d *desktop) xdotool(args ...string) string {
	cmd := exec.Command("xdotool", args...)
	cmd.Env = d.env()
	out, _ := cmd.Output()
	return strings.TrimSpace(string(out))
}

// windows are the titles that can be seen.
func (d *desktop) windows() []string {
	var titles []string
	for id := range strings.FieldsSeq(d.xdotool("search", "--onlyvisible", "--name", ".")) {
		titles = append(titles, d.xdotool("getwindowname", id))
	}
	return titles
}

func (d *desktop) shot(name string) {
	file := filepath.Join(os.TempDir(), "baissh-filezilla-"+name+".png")
	cmd := exec.Command("import", "-window", "root", file)
	cmd.Env = d.env()
	if err := cmd.Run(); err != nil {
		d.Error(err)
	}
	d.Log("screenshot: ", file)
}

// until waits for what only looking can tell.
func (d *desktop) until(what string, is func() bool) {
	d.Helper()
	deadline := time.After(30 * time.Second)
	for !is() {
		select {
		case <-deadline:
			d.shot("failed")
			d.Fatalf("waited in vain for %s; there are the windows %q", what, d.windows())
		case <-time.After(100 * time.Millisecond):
		}
	}
}

func (d *desktop) entry(s *server, alias string) Entry {
	return Entry{Alias: alias, Port: s.port, Account: "work", IdentityFile: s.keyFile, HostKey: s.hostKey}
}

func TestFileZillaConnectsWithoutADialog(t *testing.T) {
	d := newDesktop(t)
	s := newServer(t, ssh.KeyAlgoRSA)
	d.greeted()
	wantState(t, d.w.Write(t.Context(), []Entry{d.entry(s, "bai-demo")}), "written", "")
	d.filezilla("-c", "0/Backend.AI/bai-demo")
	s.waitFor(t, d, "list /")
	d.until("the listing", func() bool { return strings.Contains(strings.Join(d.windows(), "\n"), "bai-demo") })
	d.shot("connected")
	if titles := d.windows(); len(titles) != 1 {
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
	wantState(t, d.w.Write(t.Context(), []Entry{d.entry(s, "bai-demo")}), "written", "")
	if exists(d.w.file(keysFile)) {
		t.Error("there is a hostkeys.xml for the installed FileZilla, which is older")
	}
	d.filezilla("-c", "0/Backend.AI/bai-demo")
	s.waitFor(t, d, "list /")
	d.shot("first-start")
}

// The port is used again by a container with another key.
func TestFileZillaAfterTheKeyChanged(t *testing.T) {
	d := newDesktop(t)
	s := newServer(t, ssh.KeyAlgoRSA)
	d.greeted()
	before := d.entry(s, "bai-demo")
	before.HostKey = hostKey(ssh.KeyAlgoRSA)
	d.w.Write(t.Context(), []Entry{before})
	wantState(t, d.w.Write(t.Context(), []Entry{d.entry(s, "bai-demo")}), "written", "")
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
	entries := []Entry{d.entry(s, "bai-demo")}
	told := watching(t, d.w)

	end := d.filezilla("-s")
	d.until("the Site Manager", func() bool { return managerUp(d.w.settingsDir()) })
	wantState(t, d.w.Write(t.Context(), entries), "waiting", "Site Manager is open")
	wantText(t, d.w.file(sitesFile), foreignSites)
	d.pressOK("site-manager-waiting")
	wantTold(t, told, "the Site Manager's end")
	wantState(t, d.w.Write(t.Context(), entries), "written", "")
	d.wantSites("서버 of mine", "keep me", marker("bai-demo"))

	end()

	// Once more, with OK, so that FileZilla writes ours in its own way.
	d.filezilla("-s")
	d.until("the Site Manager", func() bool { return managerUp(d.w.settingsDir()) })
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
	d.until("the Site Manager's window", func() bool {
		id = d.xdotool("search", "--onlyvisible", "--name", "^Site Manager$")
		return id != ""
	})
	d.xdotool("windowraise", id, "windowfocus", "--sync", id, "key", "--clearmodifiers", "End")
	d.shot(name)
	d.until("the end of the Site Manager", func() bool {
		d.xdotool("windowfocus", id, "key", "--clearmodifiers", "alt+o")
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
	if _, err := exec.LookPath("fzsftp"); err != nil {
		t.Skip("needs fzsftp")
	}
	for kind := range signers() {
		s := newServer(t, kind)
		w := ran(t, "3.63.0")
		w.Write(t.Context(), []Entry{{Alias: "bai-demo", Port: s.port, Account: "work", HostKey: s.hostKey}})
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
