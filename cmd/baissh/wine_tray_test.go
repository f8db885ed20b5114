//go:build wine

package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"baissh/proxy/state"
	"baissh/tray"
)

// The numbers of the menu's items, which are counted as they are made: lines,
// sign-ins, a separator, sessions, a line and a separator come before the policy;
// the items of the first session are made when there is one.
const (
	policyItem  = 13 + 4 + 1 + tray.MaxSessions + 2 + 1
	quitItem    = policyItem + 1
	sessionItem = quitItem + 8 + 1 // after the lines that say why not
)

// The icon is there, a click enables a session, another one takes it back, and
// closing the tray changes nothing.
func TestWindowsTray(t *testing.T) {
	m := newWineMachine(t)
	m.build()
	m.buildProgram(`C:\Program Files\baissh\baissh-tray.exe`, "-ldflags=-H=windowsgui", "../baissh-tray")
	m.session("demo")
	m.login()
	engine := m.start(nil, "run", "--supervised")
	m.ready("bai-demo")
	m.setPolicy("manual") // which is about new sessions
	m.baissh(exitOK, "disable", "bai-demo")
	icon := m.startProgram(nil, `C:\Program Files\baissh\baissh-tray.exe`)
	disabled := func(s *state.Snapshot) bool { h, _ := s.Host("bai-demo"); return h.State == state.Disabled }
	m.until("disabled", disabled)

	m.until("enabled by a click", func(s *state.Snapshot) bool {
		h, _ := s.Host("bai-demo")
		if !h.Enabled { // the first clicks may come before the tray knows of the session
			m.press(strconv.Itoa(sessionItem))
		}
		return h.Enabled
	})
	m.sshWorks(m.ready("bai-demo"))
	m.press("menu")
	m.picture("windows-tray-menu.png")
	m.press(strconv.Itoa(sessionItem))
	m.until("disabled again", disabled)
	m.press(strconv.Itoa(policyItem))
	m.until("automatic", func(s *state.Snapshot) bool { return s.Policy == state.Auto })

	m.press(strconv.Itoa(quitItem))
	if code := icon.wait(); code != 0 {
		m.Errorf("the tray ended with status %d: %s", code, &icon.err)
	}
	m.until("still there", func(*state.Snapshot) bool { return true })
	engine.stdin.Close()
	engine.wait()
}

// press clicks an item of the tray's menu, as soon as there is a tray.
func (m *wineMachine) press(item string) {
	m.Helper()
	var said string
	m.eventually("a tray", func() bool {
		p := m.startProgram(strings.NewReader(""), hand, "press", item)
		code := p.wait()
		said = p.err.String()
		return code == 0
	}, &said)
}

func (m *wineMachine) setPolicy(policy string) {
	m.Helper()
	m.baissh(exitOK, "policy", policy)
	m.until(policy, func(s *state.Snapshot) bool { return string(s.Policy) == policy })
}

// picture keeps what the display shows once it has stopped changing.
func (m *wineMachine) picture(name string) {
	m.Helper()
	dir := os.Getenv("BAISSH_SCREENSHOTS")
	if dir == "" {
		return
	}
	file := filepath.Join(dir, name)
	var before string
	for range 50 {
		if out, err := exec.Command("import", "-window", "root", file).CombinedOutput(); err != nil {
			m.Fatalf("import: %v: %s", err, out)
		}
		now, err := exec.Command("identify", "-format", "%#", file).Output()
		if err != nil {
			m.Fatal(err)
		}
		if string(now) == before {
			return
		}
		before = string(now)
		pauseBriefly(m.Context())
	}
}
