//go:build desktop

package main

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"baissh/proxy/state"
	"baissh/proxy/xvfb"
)

// A screen is a desk with a display that nobody sees, and xfce4-panel on it.
type screen struct {
	*desk
	display *xvfb.Display
	windows []image.Rectangle // the menus that are open
}

func newScreen(t *testing.T) *screen {
	t.Helper()
	for _, program := range []string{"xfce4-panel", "Xvfb", "xdotool", "import"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Fatalf("%v; .ci/test-desktop installs it", err)
		}
	}
	s := &screen{desk: newDesk(t), display: xvfb.New(t)}
	s.env = append(s.env, "DISPLAY="+s.display.Name)
	s.startBus() // which starts xfconfd for the panel, with this display and home
	s.inVain = func() { s.shot("failed") }
	return s
}

// panelSettings are a panel at the top left with nothing in it but tray icons.
const panelSettings = `<?xml version="1.0" encoding="UTF-8"?>
<channel name="xfce4-panel" version="1.0">
  <property name="configver" type="int" value="2"/>
  <property name="panels" type="array">
    <value type="int" value="1"/>
    <property name="panel-1" type="empty">
      <property name="position" type="string" value="p=6;x=0;y=0"/>
      <property name="position-locked" type="bool" value="true"/>
      <property name="length" type="uint" value="100"/>
      <property name="size" type="uint" value="30"/>
      <property name="plugin-ids" type="array"><value type="int" value="1"/></property>
    </property>
  </property>
  <property name="plugins" type="empty">
    <property name="plugin-1" type="string" value="systray">
      <property name="icon-size" type="int" value="22"/>
      <property name="known-items" type="array"><value type="string" value="baissh"/></property>
    </property>
  </property>
</channel>
`

func (s *screen) startPanel() {
	s.Helper()
	dir := filepath.Join(s.home.Dir, ".config", "xfce4", "xfconf", "xfce-perchannel-xml")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		s.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "xfce4-panel.xml"), []byte(panelSettings), 0o600); err != nil {
		s.Fatal(err)
	}
	s.start(s.command("xfce4-panel", "--disable-wm-check"))
}

func TestMouseClicksInARealPanel(t *testing.T) {
	s := newScreen(t)
	s.signIn("manual", "demo", "notebook", "train-01")
	engine := s.startEngine()
	s.startPanel()
	tray := s.startTray()
	s.eventually("the icon", func() bool { return s.iconHas(grayish) })

	s.openSubmenu("1-disabled", menuRows, demoRow)
	s.click(s.row(s.windows[1], 0, 1)) // Enable SSH for session
	clicked := time.Now()
	s.eventually("ssh works", func() bool { out, err := s.ssh("bai-demo", "echo", "here"); return err == nil && out == "here\n" })
	if took := time.Since(clicked); took > answerLimit && os.Getenv("CI") == "" {
		t.Errorf("ssh worked %s after the click", took)
	} else {
		t.Logf("ssh worked %s after the click", took)
	}
	s.eventually("a green icon", func() bool { return s.iconHas(greenish) })
	if _, err := s.client.Enable(t.Context(), "train-01", true); err != nil {
		t.Fatal(err)
	}
	s.host("bai-train-01", func(h state.Host) bool { return h.State == state.Ready })

	s.openSubmenu("2-ready", menuRows, demoRow)
	s.closeMenus()
	engine.kill()
	s.eventually("the icon of an engine that is away", func() bool { return s.iconHas(grayish) && !s.iconHas(greenish) })
	s.openMenu()
	s.shot("3-away")
	s.closeMenus()
	s.startEngine()
	s.eventually("a green icon again", func() bool { return s.iconHas(greenish) })

	h := s.host("bai-demo", func(h state.Host) bool { return h.State == state.Ready })
	rows := 3 // the checkbox, copy, terminal
	if _, err := exec.LookPath("filezilla"); err == nil {
		rows++
	}
	s.eventually("FileZilla's site", func() bool { return s.hasSite("bai-demo") })
	s.openSubmenu("4-back", menuRows, demoRow)
	s.click(s.row(s.windows[1], 0, rows))
	s.host("bai-demo", func(h state.Host) bool { return h.State == state.Disabled })
	s.eventually("key and site are gone", func() bool {
		_, err := os.Stat(h.IdentityFile)
		return os.IsNotExist(err) && !s.hasSite("bai-demo")
	})
	if out, err := s.ssh("bai-demo", "true"); err == nil {
		t.Errorf("ssh still works: %s", out)
	}

	s.openMenu()
	s.click(s.row(s.windows[0], menuRows-1, menuRows)) // Quit
	if code := tray.wait(); code != 0 {
		t.Errorf("the tray ended with status %d", code)
	}
	s.eventually("no icon", func() bool { return !s.iconHas(grayish) && !s.iconHas(greenish) })
	s.shot("5-quit")
}

// menuRows are the status, three sessions, the policy and the end.
const menuRows, demoRow = 6, 1

func grayish(c color.NRGBA) bool {
	return c.R < 0xa8 && max(c.R, c.G, c.B)-min(c.R, c.G, c.B) < 0x18
}

func greenish(c color.NRGBA) bool { return c.G > 0x80 && c.R < 0x60 && c.B < 0x80 }

// icon is where the panel has its only icon.
var icon = image.Rect(0, 0, 24, 29)

func (s *screen) iconHas(colour func(color.NRGBA) bool) bool {
	img := s.look()
	n := 0
	for y := icon.Min.Y; y < icon.Max.Y; y++ {
		for x := icon.Min.X; x < icon.Max.X; x++ {
			if colour(color.NRGBAModel.Convert(img.At(x, y)).(color.NRGBA)) {
				n++
			}
		}
	}
	return n > 10
}

// look takes a picture of the whole screen.
func (s *screen) look() image.Image {
	s.Helper()
	out, err := s.command("import", "-window", "root", "png:-").Output()
	if err != nil {
		s.Fatal(err)
	}
	img, err := png.Decode(bytes.NewReader(out))
	if err != nil {
		s.Fatal(err)
	}
	return img
}

// openSubmenu opens the menu and one row of it.
func (s *screen) openSubmenu(shot string, rows, row int) {
	s.Helper()
	s.openMenu()
	at := s.row(s.windows[0], row, rows)
	s.display.Do("mousemove", strconv.Itoa(at.X), strconv.Itoa(at.Y))
	s.eventually("the submenu opens", func() bool { s.windows = s.menus(); return len(s.windows) == 2 })
	s.shot(shot)
}

// openMenu clicks the icon, again if nothing comes of it for seconds: a panel that
// is busy with its start takes no click.
func (s *screen) openMenu() {
	s.Helper()
	s.closeMenus()
	s.eventually("the menu opens", func() bool {
		s.click(image.Pt(12, 15))
		for started := time.Now(); time.Since(started) < 5*time.Second; {
			if s.windows = s.menus(); len(s.windows) > 0 {
				return true
			}
		}
		return false
	})
}

func (s *screen) closeMenus() {
	s.Helper()
	s.eventually("the menus close", func() bool {
		if len(s.menus()) == 0 {
			return true
		}
		s.display.Do("key", "Escape")
		return false
	})
}

func (s *screen) click(at image.Point) { s.display.Click(at.X, at.Y) }

// row is the middle of a row of a menu, whose rows are of about the same height.
func (s *screen) row(menu image.Rectangle, n, of int) image.Point {
	return image.Pt(menu.Min.X+60, menu.Min.Y+menu.Dy()*(2*n+1)/(2*of))
}

var geometry = regexp.MustCompile(`Position: (-?\d+),(-?\d+).*\n.*Geometry: (\d+)x(\d+)`)

// menus are the windows below the panel, from left to right.
func (s *screen) menus() (list []image.Rectangle) {
	for id := range strings.FieldsSeq(s.display.Do("search", "--onlyvisible", "--name", "wrapper")) {
		m := geometry.FindStringSubmatch(s.display.Do("getwindowgeometry", id))
		if m == nil {
			continue
		}
		var n [4]int
		for i := range n {
			n[i], _ = strconv.Atoi(m[i+1])
		}
		if n[1] >= icon.Max.Y && n[2] > 60 {
			list = append(list, image.Rect(n[0], n[1], n[0]+n[2], n[1]+n[3]))
		}
	}
	slices.SortFunc(list, func(a, b image.Rectangle) int { return a.Min.X - b.Min.X })
	return list
}

// shot keeps a picture for people to look at.
func (s *screen) shot(name string) { s.display.Shot("tray-" + name) }
