//go:build linux

// Package xvfb is for tests of programs that have windows: an X server that nobody
// sees, and hands to use it with. Only tests may import it.
package xvfb

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// A Display is an X server of the test's own.
type Display struct {
	*testing.T
	Name string // as in DISPLAY

	env []string
}

// New starts an X server that ends with the test. Programs on it have env besides
// the test's own environment.
func New(t *testing.T, env ...string) *Display {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	d := &Display{T: t}
	cmd := exec.Command("Xvfb", "-displayfd", "3", "-screen", "0", "1280x900x24", "-wr", "-nolisten", "tcp")
	cmd.ExtraFiles = []*os.File{w}
	d.run(cmd)
	w.Close()
	number, err := bufio.NewReader(r).ReadString('\n')
	if err != nil {
		t.Fatal("Xvfb does not start: ", err)
	}
	d.Name = ":" + strings.TrimSpace(number)
	d.env = append(append(os.Environ(), "SSH_AUTH_SOCK=", "LC_ALL=C.UTF-8", "DISPLAY="+d.Name), env...)
	return d
}

// Start starts a program that ends with the test, or with end.
func (d *Display) Start(program string, args ...string) (end func()) {
	d.Helper()
	return d.run(d.command(program, args...))
}

func (d *Display) command(program string, args ...string) *exec.Cmd {
	cmd := exec.Command(program, args...)
	cmd.Env = slices.Clone(d.env)
	return cmd
}

func (d *Display) run(cmd *exec.Cmd) (end func()) {
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

// Do has xdotool do something, and returns what it says.
func (d *Display) Do(args ...string) string {
	out, _ := d.command("xdotool", args...).Output()
	return strings.TrimSpace(string(out))
}

// Window is the id of the visible window whose title fits a regular expression, "" if
// there is none.
func (d *Display) Window(title string) string {
	id, _, _ := strings.Cut(d.Do("search", "--onlyvisible", "--name", title), "\n")
	return id
}

// Windows are the titles that can be seen.
func (d *Display) Windows() []string {
	var titles []string
	for id := range strings.FieldsSeq(d.Do("search", "--onlyvisible", "--name", ".")) {
		titles = append(titles, d.Do("getwindowname", id))
	}
	return titles
}

// Shot keeps a picture of all windows, below BAISSH_SCREENSHOTS if that is set.
func (d *Display) Shot(name string) {
	dir := os.Getenv("BAISSH_SCREENSHOTS")
	if dir == "" {
		dir = os.TempDir()
	}
	file := filepath.Join(dir, name+".png")
	if out, err := d.command("import", "-window", "root", file).CombinedOutput(); err != nil {
		d.Errorf("%v: %s", err, out)
	}
	d.Log("screenshot: ", file)
}

// Until waits for what only looking can tell.
func (d *Display) Until(what string, is func() bool) {
	d.Helper()
	deadline := time.After(30 * time.Second)
	for !is() {
		select {
		case <-deadline:
			d.Shot("failed")
			d.Fatalf("waited in vain for %s; there are the windows %q", what, d.Windows())
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// An Area is a part of the screen, in pixels from its upper left corner.
type Area struct{ X, Y, Width, Height int }

// Inked reports whether anything is shown in an area: it has more than one colour.
func (d *Display) Inked(a Area) bool {
	d.Helper()
	crop := fmt.Sprintf("%dx%d+%d+%d", a.Width, a.Height, a.X, a.Y)
	out, err := d.command("import", "-window", "root", "-crop", crop, "-format", "%k", "info:-").Output()
	if err != nil {
		d.Fatal("look at the screen: ", err)
	}
	return strings.TrimSpace(string(out)) != "1"
}

// Click clicks at a place.
func (d *Display) Click(x, y int) { d.Do("mousemove", strconv.Itoa(x), strconv.Itoa(y), "click", "1") }

// DoubleClick clicks at a place twice.
func (d *Display) DoubleClick(x, y int) {
	d.Do("mousemove", strconv.Itoa(x), strconv.Itoa(y), "click", "--repeat", "2", "--delay", "50", "1")
}
