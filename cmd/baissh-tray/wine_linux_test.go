//go:build wine

package main

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"baissh/proxy/backendai/backendaitest"
	"baissh/proxy/folders"
	"baissh/proxy/settings"
)

// A wineDesk is a Windows of Wine's with a display, as .ci/test-windows makes them,
// and a home in it that is signed in.
type wineDesk struct {
	*desk
	drive string // where Linux finds drive C
}

const wineHome, winePrograms = `C:\tray-home`, `C:\tray-programs\`

func newWineDesk(t *testing.T, session string) *wineDesk {
	t.Helper()
	prefix := os.Getenv("WINEPREFIX")
	if prefix == "" || os.Getenv("DISPLAY") == "" {
		t.Fatal("WINEPREFIX or DISPLAY is not set; run: make test-windows")
	}
	d := &wineDesk{desk: &desk{T: t, env: os.Environ()}, drive: filepath.Join(prefix, "drive_c")}
	var err error
	if d.home, err = folders.At(filepath.Join(d.drive, "tray-home")); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(d.home.Dir, 0o700); err != nil {
		t.Fatal(err)
	}
	d.inVain = func() { d.shot("failed") }
	build := exec.Command("go", "build", "-buildvcs=false", "-o", filepath.Join(d.drive, "tray-programs")+"/", "../baissh", ".")
	build.Env = append(os.Environ(), "GOOS=windows", "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	d.signInThere(session)
	return d
}

func (d *wineDesk) signInThere(session string) {
	d.Helper()
	manager, err := backendaitest.Start(backendaitest.Options{})
	if err != nil {
		d.Fatal(err)
	}
	d.Cleanup(func() { _ = manager.Close() })
	if _, err := manager.CreateSession(backendaitest.SessionSpec{Name: session}); err != nil {
		d.Fatal(err)
	}
	access, secret := manager.KeyPair()
	cmd := d.wine("baissh.exe", "login", manager.URL(), "--access-key", access, "--secret-key-stdin", "--secret-store=file", "--write-ssh-config=no")
	cmd.Stdin = strings.NewReader(secret)
	if out, err := cmd.CombinedOutput(); err != nil && !errors.Is(err, exec.ErrWaitDelay) {
		d.Fatalf("sign in: %v\n%s", err, out)
	}
	if err := settings.Apply(d.home, settings.Edit{Key: "policy", Value: "manual"}); err != nil {
		d.Fatal(err)
	}
}

// wine is the command of one of our programs. Wine's own, which stay, inherit what
// it writes to.
func (d *wineDesk) wine(program string, args ...string) *exec.Cmd {
	cmd := d.command("wine", append([]string{winePrograms + program, "--home", wineHome}, args...)...)
	cmd.WaitDelay = time.Second
	return cmd
}

func TestWindowsTrayByMouse(t *testing.T) {
	d := newWineDesk(t, "R&D_1")
	d.start(d.wine("baissh.exe", "run"))
	tray := d.start(d.wine("baissh-tray.exe"))
	d.eventually("the icon", func() bool { return len(d.windows("Wine System Tray")) == 1 })
	d.eventually("the engine answers", func() bool { return d.wine("baissh.exe", "status").Run() == nil })
	config := filepath.Join(d.home.SSH(), "bai", "config")

	d.toggle("1-disabled")
	var port string
	d.eventually("an entry for ssh", func() bool {
		text, _ := os.ReadFile(config)
		if m := regexp.MustCompile(`(?s)Host bai-r-d_1\n.*?Port (\d+)`).FindSubmatch(text); m != nil {
			port = string(m[1])
		}
		return port != ""
	})
	d.eventually("an ssh server answers", func() bool { return speaksSSH(port) })
	d.shot("2-ready")

	d.toggle("3-ready")
	d.eventually("no entry for ssh", func() bool { text, _ := os.ReadFile(config); return !bytes.Contains(text, []byte("bai-r-d_1")) })
	d.eventually("no listener", func() bool { return !speaksSSH(port) })

	menu := d.openMenu()
	d.click(menu.Min.Add(image.Pt(60, menu.Dy()-12))) // Quit
	if code := tray.wait(); code != 0 {
		t.Errorf("the tray ended with status %d", code)
	}
}

func speaksSSH(port string) bool {
	conn, err := net.Dial("tcp", net.JoinHostPort("127.0.0.1", port))
	if err != nil {
		return false
	}
	defer conn.Close()
	fmt.Fprint(conn, "SSH-2.0-test\r\n")
	answer := make([]byte, 4)
	n, _ := conn.Read(answer)
	return string(answer[:n]) == "SSH-"
}

// toggle clicks the first row of the session's submenu: Enable SSH for session.
// Above the session are a row and a separator, below it are two rows and another.
func (d *wineDesk) toggle(shot string) {
	d.Helper()
	var submenu image.Rectangle
	d.eventually("the submenu", func() bool {
		menu := d.openMenu()
		d.xdotool("mousemove", strconv.Itoa(menu.Min.X+60), strconv.Itoa(menu.Min.Y+menu.Dy()*41/100))
		for range 50 {
			if menus := d.menus(); len(menus) == 2 {
				submenu = menus[1]
				return true
			}
		}
		d.xdotool("key", "Escape") // it opened before the engine had been heard, and does not change while it is open
		return false
	})
	d.shot(shot)
	d.click(submenu.Min.Add(image.Pt(60, 12)))
}

// openMenu clicks the icon, which is the first in Wine's own tray.
func (d *wineDesk) openMenu() (menu image.Rectangle) {
	d.Helper()
	d.eventually("no menu is open", func() bool { return len(d.menus()) == 0 })
	d.eventually("the menu", func() bool {
		at := d.windows("Wine System Tray")
		if len(at) == 1 {
			d.click(at[0].Min.Add(image.Pt(9, at[0].Dy()/2)))
		}
		for range 100 {
			if menus := d.menus(); len(menus) == 1 {
				menu = menus[0]
				return true
			}
		}
		return false
	})
	return menu
}

// menus are the windows without a name that are smaller than the screen.
func (d *wineDesk) menus() []image.Rectangle {
	return slices.DeleteFunc(d.windows("^$"), func(r image.Rectangle) bool { return r.Dx() < 100 || r.Dx() > 600 })
}

var wineGeometry = regexp.MustCompile(`X=(-?\d+)\nY=(-?\d+)\nWIDTH=(\d+)\nHEIGHT=(\d+)`)

// windows are where the visible windows of a name are, from left to right.
func (d *wineDesk) windows(name string) (list []image.Rectangle) {
	for id := range strings.FieldsSeq(d.xdotool("search", "--onlyvisible", "--name", name)) {
		m := wineGeometry.FindStringSubmatch(d.xdotool("getwindowgeometry", "--shell", id))
		if m == nil {
			continue
		}
		var n [4]int
		for i := range n {
			n[i], _ = strconv.Atoi(m[i+1])
		}
		list = append(list, image.Rect(n[0], n[1], n[0]+n[2], n[1]+n[3]))
	}
	slices.SortFunc(list, func(a, b image.Rectangle) int { return a.Min.X - b.Min.X })
	return list
}

func (d *wineDesk) xdotool(args ...string) string {
	out, _ := d.command("xdotool", args...).Output()
	return strings.TrimSpace(string(out))
}

func (d *wineDesk) click(at image.Point) {
	d.xdotool("mousemove", strconv.Itoa(at.X), strconv.Itoa(at.Y), "click", "1")
}

// shot keeps a picture for people to look at.
func (d *wineDesk) shot(name string) {
	dir := os.Getenv("BAISSH_SCREENSHOTS")
	if dir == "" {
		dir = os.TempDir()
	}
	file := filepath.Join(dir, "windows-tray-"+name+".png")
	if out, err := d.command("import", "-window", "root", file).CombinedOutput(); err != nil {
		d.Errorf("%v: %s", err, out)
	}
	d.Log("screenshot: ", file)
}
