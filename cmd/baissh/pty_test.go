//go:build unix

package main

import (
	"bufio"
	"io"
	"os/exec"
	"strings"
	"testing"

	"github.com/creack/pty"

	"baissh/proxy/backendai/backendaitest"
)

// A terminal's size arrives when it opens, and when its window changes.
func TestTerminalResizes(t *testing.T) {
	for server, program := range servers {
		t.Run(string(server), func(t *testing.T) {
			need(t, "ssh", program)
			w := newWorld(t, backendaitest.Options{SSH: server}, demoSpec)
			w.ready("bai-demo")
			cmd := exec.Command("ssh", "-F", w.config(), "-tt", "bai-demo",
				`stty -echo; stty size; while read -r _; do stty size; done`)
			cmd.Env = append(w.environment(), "TERM=xterm")
			terminal, err := pty.StartWithSize(cmd, &pty.Winsize{Rows: 31, Cols: 97})
			if err != nil {
				t.Fatal(err)
			}
			defer func() { terminal.Close(); cmd.Process.Kill(); cmd.Wait() }()
			lines := bufio.NewScanner(terminal)
			wantSize(t, lines, "31 97", func() {})
			if err := pty.Setsize(terminal, &pty.Winsize{Rows: 42, Cols: 123}); err != nil {
				t.Fatal(err)
			}
			wantSize(t, lines, "42 123", func() { terminal.WriteString("\n") })
		})
	}
}

// The tray opens a terminal with no more than "baissh login" in it.
func TestAFirstLoginAsksForAllItNeeds(t *testing.T) {
	manager, err := backendaitest.Start(backendaitest.Options{Release: "26.9"})
	if err != nil {
		t.Fatal(err)
	}
	defer manager.Close()
	access, secret := manager.KeyPair()
	user, password := manager.Password()
	manager.ChangeUser(user, func(u *backendaitest.User) { u.Code, u.MaxLogins = "123456", 1 })
	manager.LogIn()
	for name, talk := range map[string][][2]string{
		"key pair": {
			{"address of Backend.AI", manager.URL()},
			{"access key:", access},
			{"secret key of", secret},
			{"May baissh add it?", "no"},
		},
		"password": {
			{"address of Backend.AI", manager.WebURL()},
			{"user name", user},
			{"password of", password},
			{"one-time code:", "123456"},
			{"End another of the logins?", "y"},
			{"May baissh add it?", "no"},
		},
	} {
		t.Run(name, func(t *testing.T) { talkedIn(t, talk) })
	}
}

// talkedIn signs in by answering questions at a terminal.
func talkedIn(t *testing.T, talk [][2]string) {
	t.Helper()
	person, tty, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer person.Close()
	defer tty.Close()
	said := &syncBuffer{}
	args := []string{"--home", shortDir(t), "login", "--secret-store=file"}
	ended := make(chan int, 1)
	go func() { ended <- run(t.Context(), args, tty, io.Discard, said) }()
	for _, line := range talk {
		for !strings.Contains(said.String(), line[0]) && len(ended) == 0 {
			pauseBriefly(t.Context())
		}
		if _, err := person.WriteString(line[1] + "\n"); err != nil {
			t.Fatal(err)
		}
	}
	if code := <-ended; code != exitOK {
		t.Errorf("status %d: %s", code, said)
	}
}

// wantSize reads lines until one is the size. The window-change message goes its
// own way, so that ask is called until it has arrived.
func wantSize(t *testing.T, lines *bufio.Scanner, size string, ask func()) {
	t.Helper()
	var seen []string
	for range 50 {
		ask()
		if !lines.Scan() {
			t.Fatalf("the terminal ended after %q: %v", seen, lines.Err())
		}
		line := strings.TrimSpace(lines.Text())
		if line == size {
			return
		}
		seen = append(seen, line)
	}
	t.Fatalf("no line was %q: %q", size, seen)
}
