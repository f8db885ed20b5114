//go:build desktop && linux

package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"baissh/proxy/backendai/backendaitest"
	"baissh/proxy/state"
	"baissh/proxy/xvfb"
)

// A desk is a world whose user sits before a FileZilla that has run before.
type desk struct {
	*world
	screen *xvfb.Display
	local  string // the folder on this machine that FileZilla shows
	remote string // where a log-in to the session begins
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	w := newQuietWorld(t, backendaitest.Options{}, demoSpec)
	d := &desk{world: w, local: filepath.Join(w.home.Dir, "here"), remote: w.manager.Sessions()[0].Folder()}
	d.put(filepath.Join(w.home.Dir, ".config", "filezilla", "filezilla.xml"),
		`<?xml version="1.0"?><FileZilla3 version="3.63.0" platform="*nix"><Settings>`+
			`<Setting name="Greeting version">9.9.9</Setting></Settings></FileZilla3>`)
	w.start()
	w.ready("bai-demo")
	w.until("the site is written", func(s *state.Snapshot) bool { return writerState(s, "filezilla") == "written" })
	d.screen = xvfb.New(t, "HOME="+w.home.Dir, "XDG_CONFIG_HOME="+filepath.Join(w.home.Dir, ".config"))
	return d
}

func (d *desk) put(file, text string) {
	d.Helper()
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		d.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		d.Fatal(err)
	}
}

// Where the second row of a list is, which begins with "..", and its third. FileZilla
// sorts by name, and the session's home begins with its folder .ssh.
const (
	localSecond = 495
	remoteThird = 518
)

// moveBothWays has a person double-click a file on each side.
func (d *desk) moveBothWays(picture string) {
	d.Helper()
	d.screen.Until("the listing", func() bool {
		return d.screen.Inked(xvfb.Area{X: 668, Y: remoteThird - 7, Width: 60, Height: 14})
	})
	d.screen.DoubleClick(82, localSecond)
	d.screen.Until("up.txt in the session", func() bool { return d.holds(d.remote, "up.txt", upText) })
	d.screen.DoubleClick(697, remoteThird)
	d.screen.Until("down.txt here", func() bool { return d.holds(d.local, "down.txt", downText) })
	d.screen.Shot(picture)
	if titles := d.screen.Windows(); len(titles) != 1 {
		d.Errorf("there are the windows %q, want FileZilla's alone", titles)
	}
}

func (d *desk) holds(dir, name, text string) bool {
	got, _ := os.ReadFile(filepath.Join(dir, name))
	return string(got) == text
}

const (
	upText   = "from here to there\n"
	downText = "from there to here\n"
)

func (d *desk) files() {
	d.Helper()
	d.put(filepath.Join(d.local, "up.txt"), upText)
	d.put(filepath.Join(d.remote, "down.txt"), downText)
}

func TestFileZillaOpensASiteByName(t *testing.T) {
	d := newDesk(t)
	d.files()
	d.screen.Start("filezilla", "--local="+d.local, "-c", "0/Backend.AI/bai-demo")
	d.moveBothWays("filezilla-by-name")
}

func TestFileZillaOpensASiteFromTheSiteManager(t *testing.T) {
	d := newDesk(t)
	d.files()
	d.screen.Start("filezilla", "--local="+d.local, "-s")
	d.siteManager()
	d.screen.Shot("filezilla-site-manager")
	d.screen.DoubleClick(218, 271)
	d.screen.Until("the connection", d.siteManagerClosed)
	d.moveBothWays("filezilla-from-the-site-manager")
}

// siteManager waits for its window, with our one site in it.
func (d *desk) siteManager() {
	d.Helper()
	d.screen.Until("the Site Manager with bai-demo", func() bool {
		return !d.siteManagerClosed() && d.screen.Inked(xvfb.Area{X: 188, Y: 264, Width: 60, Height: 14})
	})
}

func (d *desk) siteManagerClosed() bool { return d.screen.Window("^Site Manager$") == "" }

// A session that starts while the Site Manager is open is a site after OK, and what
// the user did there is not lost.
func TestASessionStartsWhileTheSiteManagerIsOpen(t *testing.T) {
	d := newDesk(t)
	d.screen.Start("filezilla", "-s")
	d.siteManager()
	d.create(backendaitest.SessionSpec{Name: "second"})
	d.ready("bai-second")
	d.until("the writer waits", func(s *state.Snapshot) bool { return writerState(s, "filezilla") == "waiting" })
	d.screen.Click(441, 564) // New folder, whose name can be typed
	d.screen.Until("the new folder", func() bool { return d.screen.Inked(xvfb.Area{X: 175, Y: 287, Width: 40, Height: 14}) })
	d.screen.Do("type", "mine\n")
	d.screen.Shot("filezilla-waiting")
	d.screen.Until("the end of the Site Manager", func() bool {
		d.screen.Click(1036, 692) // OK
		return d.siteManagerClosed()
	})
	d.until("the sites are written", func(s *state.Snapshot) bool { return writerState(s, "filezilla") == "written" })
	text := d.text(".config", "filezilla", "sitemanager.xml")
	for _, site := range []string{">mine<", "<Name>bai-demo</Name>", "<Name>bai-second</Name>"} {
		if !strings.Contains(text, site) {
			t.Errorf("sitemanager.xml lacks %s:\n%s", site, text)
		}
	}
}
