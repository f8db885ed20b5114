//go:build unix

package main

import (
	"bufio"
	"context"
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

// A talk is what a person answers to which question.
type talk [][2]string

// The tray opens a terminal with no more than "baissh login" in it.
func TestAFirstLoginAsksForAllItNeeds(t *testing.T) {
	manager := playedManager(t, backendaitest.Options{Release: "26.9"})
	access, secret := manager.KeyPair()
	user, password := manager.Password()
	manager.ChangeUser(user, func(u *backendaitest.User) { u.Code, u.MaxLogins = "123456", 1 })
	manager.LogIn()
	for name, talk := range map[string]talk{
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
			{"End other logins to make room, maybe all of them?", "y"},
			{"May baissh add it?", "no"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			if code, said := logInByTalk(t, talk); code != exitOK {
				t.Errorf("status %d: %s", code, said)
			}
		})
	}
}

// Where the password is enough, nothing else is asked.
func TestAFirstLoginAsksForNoMore(t *testing.T) {
	manager := playedManager(t, backendaitest.Options{})
	user, password := manager.Password()
	code, said := logInByTalk(t, talk{
		{"address of Backend.AI", manager.WebURL()},
		{"user name", user},
		{"password of", password},
		{"May baissh add it?", "no"},
	})
	if code != exitOK || strings.Contains(said, "one-time code") || strings.Contains(said, "End other") {
		t.Errorf("status %d: %s", code, said)
	}
}

// Who does not want another login to end is not signed in, and no login ends.
func TestNoOtherLoginIsEndedUnasked(t *testing.T) {
	manager := playedManager(t, backendaitest.Options{Release: "26.9"})
	user, password := manager.Password()
	manager.ChangeUser(user, func(u *backendaitest.User) { u.MaxLogins = 1 })
	manager.LogIn()
	for _, answer := range []string{"n", ""} {
		code, said := logInByTalk(t, talk{
			{"address of Backend.AI", manager.WebURL()},
			{"user name", user},
			{"password of", password},
			{"End other logins to make room", answer},
		})
		if code != exitFailed || !strings.Contains(said, "or say --end-other-logins") || manager.Logins() != 1 {
			t.Errorf("%q: status %d, and %d logins go on: %s", answer, code, manager.Logins(), said)
		}
	}
}

// A person who is blocked hears for how long, and is asked nothing that could not help.
func TestABlockedUserHearsHowLongAtATerminal(t *testing.T) {
	manager := playedManager(t, backendaitest.Options{})
	user, password := manager.Password()
	attempt := func(password string) (int, string) {
		return logInByTalk(t, talk{
			{"address of Backend.AI", manager.WebURL()},
			{"user name", user},
			{"password of", password},
		})
	}
	for range 10 {
		if code, said := attempt("not " + password); code != exitFailed || !strings.Contains(said, "ten mistakes block a user") {
			t.Fatalf("status %d: %s", code, said)
		}
	}
	code, said := attempt(password)
	if code != exitFailed || !strings.Contains(said, "this user is blocked after too many mistakes, for 20 minutes") || manager.Logins() != 0 {
		t.Errorf("status %d: %s", code, said)
	}
}

func playedManager(t *testing.T, options backendaitest.Options) *backendaitest.Server {
	t.Helper()
	manager, err := backendaitest.Start(options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { manager.Close() })
	return manager
}

// logInByTalk runs "baissh login" at a terminal, and has a person answer in turn. A
// question that is not the expected one is answered by nobody.
func logInByTalk(t *testing.T, answers talk) (code int, said string) {
	t.Helper()
	person, tty, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer person.Close()
	defer tty.Close()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	screen := &syncBuffer{}
	ended := make(chan int, 1)
	args := []string{"--home", shortDir(t), "login", "--secret-store=file"}
	go func() { ended <- run(ctx, args, tty, io.Discard, screen) }()
	for _, answer := range answers {
		for !strings.Contains(screen.String(), answer[0]) && len(ended) == 0 && ctx.Err() == nil {
			pauseBriefly(ctx)
		}
		if _, err := person.WriteString(answer[1] + "\n"); err != nil {
			t.Fatal(err)
		}
	}
	select {
	case code = <-ended:
	case <-ctx.Done():
		t.Fatalf("it waits for an answer: %s", screen)
	}
	return code, screen.String()
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
