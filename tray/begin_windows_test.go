package tray

import (
	"os"
	"testing"
	"time"

	"golang.org/x/sys/windows"
)

// asChild has this test be what it starts: it names the file to answer in.
const asChild = "BAISSH_TEST_CONSOLE"

// Who opens a terminal wants to type into it.
func TestCommandsHaveAConsoleToReadFrom(t *testing.T) {
	if answer := os.Getenv(asChild); answer != "" {
		if err := os.WriteFile(answer, []byte(consoles()), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	answer, err := os.CreateTemp("", "baissh")
	if err != nil {
		t.Fatal(err)
	}
	answer.Close()
	defer os.Remove(answer.Name())
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	env := append(os.Environ(), asChild+"="+answer.Name())
	if err := launch(env, []string{program, "-test.run", "^" + t.Name() + "$"}); err != nil {
		t.Fatal(err)
	}
	if got, want := content(t, answer.Name()), "input and output"; got != want {
		t.Errorf("it has a console for %s, want %s", got, want)
	}
}

// consoles are those of the standard handles that are one.
func consoles() string {
	var mode uint32
	in, _ := windows.GetStdHandle(windows.STD_INPUT_HANDLE)
	out, _ := windows.GetStdHandle(windows.STD_OUTPUT_HANDLE)
	switch hasIn, hasOut := windows.GetConsoleMode(in, &mode) == nil, windows.GetConsoleMode(out, &mode) == nil; {
	case hasIn && hasOut:
		return "input and output"
	case hasIn:
		return "input"
	case hasOut:
		return "output"
	}
	return "nothing"
}

// content waits for a file to have one.
func content(t *testing.T, name string) string {
	t.Helper()
	deadline := time.After(30 * time.Second)
	for {
		if text, err := os.ReadFile(name); err == nil && len(text) > 0 {
			return string(text)
		}
		select {
		case <-deadline:
			t.Fatal("the program did not answer")
		case <-time.After(10 * time.Millisecond):
		}
	}
}

func TestHowAProgramEndedIsKnown(t *testing.T) {
	for status, good := range map[string]bool{"0": true, "3": false} {
		wait, err := begin(nil, []string{`C:\windows\system32\cmd.exe`, "/c", "exit " + status})
		if err != nil {
			t.Fatal(err)
		}
		if err := wait(); (err == nil) != good {
			t.Errorf("status %s: %v", status, err)
		}
	}
	if _, err := begin(nil, []string{`C:\no\such.exe`}); err == nil {
		t.Error("no error for a program that is not there")
	}
}
